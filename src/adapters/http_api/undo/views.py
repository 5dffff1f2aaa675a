from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.users import Names
from adapters.http_api.jobs.responses import job_document, job_page, started_job
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import require_no_input
from adapters.http_api.rest.cursors import id_cursor, paging
from adapters.http_api.rest.idempotency import once
from adapters.http_api.rest.openapi import CURSOR, LIMIT, document_operation
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import page
from adapters.http_api.undo.schemas import (
    UndoFailurePageSerializer,
    UndoJobPageSerializer,
    UndoJobSerializer,
    undo_failure_json,
    undo_job_json,
)
from core.access import Permission
from core.jobs import use_cases
from core.jobs.entities import JobKind
from core.undo.use_cases import ListUndoFailures, UndoJob

UNDO_JOBS = "/api/v1/undo-jobs/"


class UndoSyncJobView(APIView):
    @document_operation(
        "undo_sync_job",
        Permission.UNDO_JOBS,
        UndoJobSerializer,
        404,
        409,
        status=202,
        headers=["Location"],
        repeatable=True,
    )
    @once
    @inject
    def post(
        self, request: Request, job_id: UUID, undo: Annotated[UndoJob, Provide["undo_job"]], name_actors: Names
    ) -> HttpResponse:
        """Undo a sync job in the background.

        Gives each field that the ended job changed its former value, unless it was changed since. Poll the address in
        `Location`.
        """
        require_no_input(request)
        job = undo(actor=actor(request), kind=JobKind.SYNC, job_id=job_id)
        return started_job(request, job, undo_job_json, name_actors, place=UNDO_JOBS)


class UndoImportView(APIView):
    @document_operation(
        "undo_import",
        Permission.UNDO_JOBS,
        UndoJobSerializer,
        404,
        409,
        status=202,
        headers=["Location"],
        repeatable=True,
    )
    @once
    @inject
    def post(
        self, request: Request, import_id: UUID, undo: Annotated[UndoJob, Provide["undo_job"]], name_actors: Names
    ) -> HttpResponse:
        """Undo an import in the background.

        Erases each patient that the ended import registered, unless the record was changed since, and gives each field
        that it updated its former value. Poll the address in `Location`.
        """
        require_no_input(request)
        job = undo(actor=actor(request), kind=JobKind.IMPORT, job_id=import_id)
        return started_job(request, job, undo_job_json, name_actors, place=UNDO_JOBS)


class UndoJobsView(APIView):
    @document_operation("list_undo_jobs", Permission.MANAGE_JOBS, UndoJobPageSerializer, parameters=[LIMIT, CURSOR])
    @inject
    def get(
        self, request: Request, list_jobs: Annotated[use_cases.ListJobs, Provide["list_jobs"]], name_actors: Names
    ) -> HttpResponse:
        """List undo jobs.

        Those of every account, newest first.
        """
        given = paging(read_query(request.query_params, ["limit", "cursor"]))
        found = list_jobs(actor=actor(request), kind=JobKind.UNDO, **given)
        return job_page(request, found, undo_job_json, name_actors)


class UndoJobView(APIView):
    @document_operation("view_undo_job", Permission.MANAGE_JOBS, UndoJobSerializer, 404)
    @inject
    def get(
        self,
        request: Request,
        undo_id: UUID,
        view: Annotated[use_cases.ViewJob, Provide["view_job"]],
        name_actors: Names,
    ) -> HttpResponse:
        """View an undo job and its progress.

        Poll this until `ended_at` is set.
        """
        read_query(request.query_params, [])
        job = view(actor=actor(request), kind=JobKind.UNDO, job_id=undo_id)
        return job_document(request, job, undo_job_json, name_actors)


class CancelUndoJobView(APIView):
    @document_operation("cancel_undo_job", Permission.MANAGE_JOBS, UndoJobSerializer, 404, 409, repeatable=True)
    @once
    @inject
    def post(
        self,
        request: Request,
        undo_id: UUID,
        cancel: Annotated[use_cases.CancelJob, Provide["cancel_job"]],
        name_actors: Names,
    ) -> HttpResponse:
        """Cancel an undo job.

        What it gave back stays given back. The same job can be undone again.
        """
        require_no_input(request)
        job = cancel(actor=actor(request), kind=JobKind.UNDO, job_id=undo_id)
        return job_document(request, job, undo_job_json, name_actors)


class UndoFailuresView(APIView):
    @document_operation(
        "list_undo_failures", Permission.MANAGE_JOBS, UndoFailurePageSerializer, 404, parameters=[LIMIT, CURSOR]
    )
    @inject
    def get(
        self,
        request: Request,
        undo_id: UUID,
        list_failures: Annotated[ListUndoFailures, Provide["list_undo_failures"]],
    ) -> HttpResponse:
        """List the patients of an undo job that need review.

        Ordered by the patient's id.
        """
        given = paging(read_query(request.query_params, ["limit", "cursor"]))
        found = list_failures(actor=actor(request), job_id=undo_id, **given)
        return page(request, [undo_failure_json(one) for one in found.items], id_cursor(found.next))
