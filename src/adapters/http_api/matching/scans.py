from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.users import Names
from adapters.http_api.jobs.schemas import POLL_LATER
from adapters.http_api.matching.schemas import ScanPageSerializer, ScanRequestSerializer, ScanSerializer, scan_json
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import read_body_collecting, require_no_input
from adapters.http_api.rest.cursors import id_cursor, paging
from adapters.http_api.rest.openapi import CURSOR, LIMIT, document_operation
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import document, page
from core.access import Permission
from core.accounts.use_cases import NameActors
from core.jobs import use_cases
from core.jobs.entities import Job, JobKind
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
        names = name_actors(actor=actor(request), names={job.actor for job in found.items})
        return page(request, [scan_json(job, names) for job in found.items], id_cursor(found.next))

    @document_operation(
        "start_duplicate_scan",
        Permission.MANAGE_JOBS,
        ScanSerializer,
        409,
        status=202,
        body=ScanRequestSerializer,
        headers=["Location"],
    )
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
        location = request.build_absolute_uri(f"/api/v1/duplicate-scans/{job.id}/")
        return _answer(request, job, name_actors, status=202, headers={"Location": location} | POLL_LATER)


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
        return _answer(request, view(actor=actor(request), kind=JobKind.SCAN, job_id=scan_id), name_actors)


class CancelDuplicateScanView(APIView):
    @document_operation("cancel_duplicate_scan", Permission.MANAGE_JOBS, ScanSerializer, 404, 409)
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
        return _answer(request, cancel(actor=actor(request), kind=JobKind.SCAN, job_id=scan_id), name_actors)


def _answer(
    request: Request,
    job: Job,
    name_actors: NameActors,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    names = name_actors(actor=actor(request), names=[job.actor])
    return document(scan_json(job, names), status=status, headers=headers)
