from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.users import Names
from adapters.http_api.jobs.responses import job_document, job_page, started_job
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import parse_id, read_body_collecting, require_no_input
from adapters.http_api.rest.cursors import id_cursor, paging
from adapters.http_api.rest.idempotency import once
from adapters.http_api.rest.openapi import CURSOR, LIMIT, document_operation
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import document, page
from adapters.http_api.sync.schemas import (
    HeldChangesSerializer,
    SyncFailurePageSerializer,
    SyncJobPageSerializer,
    SyncJobSerializer,
    SyncScopeSerializer,
    held_change_json,
    sync_failure_json,
    sync_job_json,
)
from core.access import Permission
from core.jobs import use_cases
from core.jobs.entities import JobKind
from core.sync.use_cases import ConfirmSyncJob, ListHeldChanges, ListSyncFailures, StartSyncJob


class SyncJobsView(APIView):
    @document_operation("list_sync_jobs", Permission.MANAGE_JOBS, SyncJobPageSerializer, parameters=[LIMIT, CURSOR])
    @inject
    def get(
        self, request: Request, list_jobs: Annotated[use_cases.ListJobs, Provide["list_jobs"]], name_actors: Names
    ) -> HttpResponse:
        """List sync jobs.

        Those of every account, newest first.
        """
        given = paging(read_query(request.query_params, ["limit", "cursor"]))
        found = list_jobs(actor=actor(request), kind=JobKind.SYNC, **given)
        return job_page(request, found, sync_job_json, name_actors)

    @document_operation(
        "start_sync_job",
        Permission.MANAGE_JOBS,
        SyncJobSerializer,
        404,
        409,
        status=202,
        body=SyncScopeSerializer,
        headers=["Location"],
        repeatable=True,
    )
    @once
    @inject
    def post(
        self, request: Request, start: Annotated[StartSyncJob, Provide["start_sync_job"]], name_actors: Names
    ) -> HttpResponse:
        """Sync patients in the background.

        Starts a job for every patient who is not archived, for those with one status, or for one patient. Poll the
        address in `Location`.
        """
        given, errors = read_body_collecting(request, SyncScopeSerializer)
        patient_id = None
        with errors.field("patient_id"):
            patient_id = None if given.get("patient_id") is None else parse_id(given["patient_id"])
        status = cast("str | None", given.get("status"))
        job = start(actor=actor(request), status=status, patient_id=patient_id, errors=errors)
        return started_job(request, job, sync_job_json, name_actors)


class SyncJobView(APIView):
    @document_operation("view_sync_job", Permission.MANAGE_JOBS, SyncJobSerializer, 404)
    @inject
    def get(
        self,
        request: Request,
        job_id: UUID,
        view: Annotated[use_cases.ViewJob, Provide["view_job"]],
        name_actors: Names,
    ) -> HttpResponse:
        """View a sync job and its progress.

        Poll this until `ended_at` is set.
        """
        read_query(request.query_params, [])
        job = view(actor=actor(request), kind=JobKind.SYNC, job_id=job_id)
        return job_document(request, job, sync_job_json, name_actors)


class CancelSyncJobView(APIView):
    @document_operation("cancel_sync_job", Permission.MANAGE_JOBS, SyncJobSerializer, 404, 409, repeatable=True)
    @once
    @inject
    def post(
        self,
        request: Request,
        job_id: UUID,
        cancel: Annotated[use_cases.CancelJob, Provide["cancel_job"]],
        name_actors: Names,
    ) -> HttpResponse:
        """Cancel a sync job.

        Patients that were synced stay synced and counted.
        """
        require_no_input(request)
        job = cancel(actor=actor(request), kind=JobKind.SYNC, job_id=job_id)
        return job_document(request, job, sync_job_json, name_actors)


class SyncFailuresView(APIView):
    @document_operation(
        "list_sync_failures", Permission.MANAGE_JOBS, SyncFailurePageSerializer, 404, parameters=[LIMIT, CURSOR]
    )
    @inject
    def get(
        self,
        request: Request,
        job_id: UUID,
        list_failures: Annotated[ListSyncFailures, Provide["list_sync_failures"]],
    ) -> HttpResponse:
        """List the patients of a sync job that need review.

        Ordered by the patient's id.
        """
        given = paging(read_query(request.query_params, ["limit", "cursor"]))
        found = list_failures(actor=actor(request), job_id=job_id, **given)
        return page(request, [sync_failure_json(one) for one in found.items], id_cursor(found.next))


class HeldChangesView(APIView):
    @document_operation("list_held_changes", Permission.MANAGE_JOBS, HeldChangesSerializer, 404)
    @inject
    def get(
        self,
        request: Request,
        job_id: UUID,
        list_changes: Annotated[ListHeldChanges, Provide["list_held_changes"]],
    ) -> HttpResponse:
        """List what a held sync job would change.

        A sample of the changes that were unusual. Empty when the job is not held. Needs `patients.view` too.
        """
        read_query(request.query_params, [])
        found = list_changes(actor=actor(request), job_id=job_id)
        return document({"results": [held_change_json(one) for one in found]})


class ConfirmSyncJobView(APIView):
    @document_operation("confirm_sync_job", Permission.CONFIRM_JOBS, SyncJobSerializer, 404, 409, repeatable=True)
    @once
    @inject
    def post(
        self,
        request: Request,
        job_id: UUID,
        confirm: Annotated[ConfirmSyncJob, Provide["confirm_sync_job"]],
        name_actors: Names,
    ) -> HttpResponse:
        """Let a held sync job continue.

        The limits of changes no longer apply to this job.
        """
        require_no_input(request)
        job = confirm(actor=actor(request), job_id=job_id)
        return job_document(request, job, sync_job_json, name_actors)
