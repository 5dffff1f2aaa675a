from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.users import Names
from adapters.http_api.jobs.responses import job_document, job_page, started_job
from adapters.http_api.matching.schemas import ScanPageSerializer, ScanRequestSerializer, ScanSerializer, scan_json
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import read_body_collecting, require_no_input
from adapters.http_api.rest.cursors import paging
from adapters.http_api.rest.idempotency import once
from adapters.http_api.rest.openapi import CURSOR, LIMIT, document_operation
from adapters.http_api.rest.queries import read_query
from core.access import Permission
from core.jobs import use_cases
from core.jobs.entities import JobKind
from core.matching.use_cases import StartDuplicateScan


class DuplicateScansView(APIView):
    @document_operation("list_duplicate_scans", Permission.MANAGE_JOBS, ScanPageSerializer, parameters=[LIMIT, CURSOR])
    @inject
    def get(
        self, request: Request, list_jobs: Annotated[use_cases.ListJobs, Provide["list_jobs"]], name_actors: Names
    ) -> HttpResponse:
        """List scans for duplicates.

        Those of every account, newest first.
        """
        given = paging(read_query(request.query_params, ["limit", "cursor"]))
        found = list_jobs(actor=actor(request), kind=JobKind.SCAN, **given)
        return job_page(request, found, scan_json, name_actors)

    @document_operation(
        "start_duplicate_scan",
        Permission.MANAGE_JOBS,
        ScanSerializer,
        409,
        status=202,
        body=ScanRequestSerializer,
        headers=["Location"],
        repeatable=True,
    )
    @once
    @inject
    def post(
        self,
        request: Request,
        start: Annotated[StartDuplicateScan, Provide["start_duplicate_scan"]],
        name_actors: Names,
    ) -> HttpResponse:
        """Look for duplicates in the background.

        Starts a job that compares the patients changed since the last completed scan, or all of them, with the others.
        `list_duplicates` lists what it finds. Poll the address in `Location`.
        """
        given, errors = read_body_collecting(request, ScanRequestSerializer)
        job = start(actor=actor(request), full=given.get("full", False), errors=errors)
        return started_job(request, job, scan_json, name_actors)


class DuplicateScanView(APIView):
    @document_operation("view_duplicate_scan", Permission.MANAGE_JOBS, ScanSerializer, 404)
    @inject
    def get(
        self,
        request: Request,
        scan_id: UUID,
        view: Annotated[use_cases.ViewJob, Provide["view_job"]],
        name_actors: Names,
    ) -> HttpResponse:
        """View a scan and its progress.

        Poll this until `ended_at` is set.
        """
        read_query(request.query_params, [])
        job = view(actor=actor(request), kind=JobKind.SCAN, job_id=scan_id)
        return job_document(request, job, scan_json, name_actors)


class CancelDuplicateScanView(APIView):
    @document_operation("cancel_duplicate_scan", Permission.MANAGE_JOBS, ScanSerializer, 404, 409, repeatable=True)
    @once
    @inject
    def post(
        self,
        request: Request,
        scan_id: UUID,
        cancel: Annotated[use_cases.CancelJob, Provide["cancel_job"]],
        name_actors: Names,
    ) -> HttpResponse:
        """Cancel a scan.

        Pairs that it found stay in the queue.
        """
        require_no_input(request)
        job = cancel(actor=actor(request), kind=JobKind.SCAN, job_id=scan_id)
        return job_document(request, job, scan_json, name_actors)
