from functools import partial
from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.users import Names
from adapters.http_api.imports.forms import ImportFormParser, ImportFormSerializer, import_form
from adapters.http_api.imports.schemas import ImportPageSerializer, ImportSerializer, import_json
from adapters.http_api.jobs.responses import job_document, job_page, started_job
from adapters.http_api.patients.export import EXAMPLES, CsvRenderer, NdjsonRenderer, file_response
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import admit, require_no_input
from adapters.http_api.rest.cursors import paging
from adapters.http_api.rest.errors import BodyTooLarge
from adapters.http_api.rest.idempotency import once
from adapters.http_api.rest.openapi import CURSOR, LIMIT, document_operation
from adapters.http_api.rest.parsers import content_length
from adapters.http_api.rest.queries import read_query
from core.access import Permission
from core.imports.entities import ImportOptions
from core.imports.use_cases import DownloadRejects, StartImport
from core.jobs import use_cases
from core.jobs.entities import JobKind


class ImportsView(APIView):
    parser_classes = (ImportFormParser,)

    @document_operation("list_imports", Permission.MANAGE_JOBS, ImportPageSerializer, parameters=[LIMIT, CURSOR])
    @inject
    def get(
        self, request: Request, list_jobs: Annotated[use_cases.ListJobs, Provide["list_jobs"]], name_actors: Names
    ) -> HttpResponse:
        """List imports.

        Those of every account, newest first.
        """
        given = paging(read_query(request.query_params, ["limit", "cursor"]))
        found = list_jobs(actor=actor(request), kind=JobKind.IMPORT, **given)
        return job_page(request, found, partial(import_json, request), name_actors)

    @document_operation(
        "start_import",
        Permission.IMPORT_PATIENTS,
        ImportSerializer,
        status=202,
        body=ImportFormSerializer,
        headers=["Location"],
    )
    @inject
    def post(
        self, request: Request, start: Annotated[StartImport, Provide["start_import"]], name_actors: Names
    ) -> HttpResponse:
        """Import patients from a file.

        Starts a job that registers every row, by the rules of a registration. Poll the address in `Location`.
        """
        admit(request)  # as the use case does, but before the body is read
        if content_length(request) > settings.IMPORT_MAX_BYTES:
            raise BodyTooLarge
        file, how = import_form(request)
        job = start(actor=actor(request), content=file.chunks, **how)
        return started_job(request, job, partial(import_json, request), name_actors)


class ImportView(APIView):
    @document_operation("view_import", Permission.MANAGE_JOBS, ImportSerializer, 404)
    @inject
    def get(
        self,
        request: Request,
        import_id: UUID,
        view: Annotated[use_cases.ViewJob, Provide["view_job"]],
        name_actors: Names,
    ) -> HttpResponse:
        """View an import and its progress.

        Poll this until `ended_at` is set.
        """
        read_query(request.query_params, [])
        job = view(actor=actor(request), kind=JobKind.IMPORT, job_id=import_id)
        return job_document(request, job, partial(import_json, request), name_actors)


class CancelImportView(APIView):
    @document_operation("cancel_import", Permission.MANAGE_JOBS, ImportSerializer, 404, 409, repeatable=True)
    @once
    @inject
    def post(
        self,
        request: Request,
        import_id: UUID,
        cancel: Annotated[use_cases.CancelJob, Provide["cancel_job"]],
        name_actors: Names,
    ) -> HttpResponse:
        """Cancel an import.

        Patients that were added stay; the file is deleted.
        """
        require_no_input(request)
        job = cancel(actor=actor(request), kind=JobKind.IMPORT, job_id=import_id)
        return job_document(request, job, partial(import_json, request), name_actors)


class ImportRejectsView(APIView):
    renderer_classes = (CsvRenderer, NdjsonRenderer)

    @document_operation(
        "download_rejects",
        Permission.MANAGE_JOBS,
        None,
        404,
        files=EXAMPLES,
        headers=["Content-Disposition"],
    )
    @inject
    def get(
        self,
        request: Request,
        import_id: UUID,
        view: Annotated[use_cases.ViewJob, Provide["view_job"]],
        download: Annotated[DownloadRejects, Provide["download_rejects"]],
    ) -> StreamingHttpResponse:
        """Download the rejected rows of an import.

        In the format of the file, each with its line and errors: correct the rows and import the file again. Also needs
        `patients.import`.
        """
        read_query(request.query_params, [])
        job = view(actor=actor(request), kind=JobKind.IMPORT, job_id=import_id)
        rejects = download(actor=actor(request), job_id=import_id)
        return file_response(request, rejects, ImportOptions.of(job).format.written, "rejects")
