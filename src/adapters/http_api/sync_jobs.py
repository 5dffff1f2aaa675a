from collections.abc import Mapping
from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.authentication import actor
from adapters.http_api.jobs import LOOK_AGAIN, JobSerializer, counts_serializer, job_json
from adapters.http_api.requests import cursor, members_and_faults, paging, parameters, parse_id, refuse_input
from adapters.http_api.responses import document, page
from adapters.http_api.schema import CURSOR, LIMIT, described
from adapters.http_api.serializers import PageSerializer
from adapters.http_api.users import Names
from core.access import Permission
from core.accounts.use_cases import NameActors
from core.jobs import use_cases
from core.jobs.entities import Job, JobKind
from core.patients.jobs import SYNCABLE, JobOutcome, SyncOutcome, SyncScope
from core.patients.use_cases import ListSyncFailures, StartSyncJob


class SyncScopeSerializer(serializers.Serializer):
    status = serializers.ChoiceField(
        list(SYNCABLE), allow_null=True, required=False, help_text="Both of them unless given."
    )
    patient_id = serializers.UUIDField(allow_null=True, required=False, help_text="Only this patient.")


class SyncJobSerializer(JobSerializer):
    statuses = serializers.ListField(child=serializers.ChoiceField(list(SYNCABLE)))
    patient_id = serializers.UUIDField(allow_null=True, help_text="Where it is about one patient.")
    counts = counts_serializer("SyncCounts", JobOutcome)


class SyncJobPageSerializer(PageSerializer):
    results = SyncJobSerializer(many=True)


class SyncFailureSerializer(serializers.Serializer):
    patient_id = serializers.UUIDField()
    outcome = serializers.ChoiceField(list(JobOutcome))
    reason = serializers.CharField(allow_null=True, help_text="The kind of the problem.")
    conflicts = serializers.ListField(
        child=serializers.CharField(), help_text="Fields that both sides changed; ours were kept."
    )
    at = serializers.DateTimeField()


class SyncFailurePageSerializer(PageSerializer):
    results = SyncFailureSerializer(many=True)


class SyncJobsView(APIView):
    @described("list_sync_jobs", SyncJobPageSerializer, parameters=[LIMIT, CURSOR])
    @inject
    def get(
        self, request: Request, list_jobs: Annotated[use_cases.ListJobs, Provide["list_jobs"]], name_actors: Names
    ) -> HttpResponse:
        """Whoever asked for them, newest first."""
        given = paging(parameters(request.query_params, ["limit", "cursor"]))
        found = list_jobs(actor=actor(request), kind=JobKind.SYNC, **given)
        names = name_actors(actor=actor(request), names={job.actor for job in found.items})
        results = [_sync_job_json(job, names) for job in found.items]
        return page(request, results, cursor(found.next) if found.next else None)

    @described("start_sync_job", SyncJobSerializer, 404, 409, status=202, body=SyncScopeSerializer)
    @inject
    def post(
        self, request: Request, start: Annotated[StartSyncJob, Provide["start_sync_job"]], name_actors: Names
    ) -> HttpResponse:
        """Syncs patients in the background: all who are not archived, or those in one status, or one patient."""
        given, faults = members_and_faults(request, SyncScopeSerializer, Permission.MANAGE_JOBS)
        patient_id = None
        with faults.noting("patient_id"):
            patient_id = None if given.get("patient_id") is None else parse_id(given["patient_id"])
        status = cast("str | None", given.get("status"))
        job = start(actor=actor(request), status=status, patient_id=patient_id, faults=faults)
        location = request.build_absolute_uri(f"/api/v1/sync-jobs/{job.id}/")
        return _answer(request, job, name_actors, status=202, headers={"Location": location} | LOOK_AGAIN)


class SyncJobView(APIView):
    @described("view_sync_job", SyncJobSerializer, 404)
    @inject
    def get(
        self,
        request: Request,
        job_id: UUID,
        view: Annotated[use_cases.ViewJob, Provide["view_job"]],
        name_actors: Names,
    ) -> HttpResponse:
        parameters(request.query_params, [])
        return _answer(request, view(actor=actor(request), kind=JobKind.SYNC, job_id=job_id), name_actors)


class CancelSyncJobView(APIView):
    @described("cancel_sync_job", SyncJobSerializer, 404, 409)
    @inject
    def post(
        self,
        request: Request,
        job_id: UUID,
        cancel: Annotated[use_cases.CancelJob, Provide["cancel_job"]],
        name_actors: Names,
    ) -> HttpResponse:
        """What is being done right now is dropped; what was done stays done and counted."""
        refuse_input(request, Permission.MANAGE_JOBS)
        return _answer(request, cancel(actor=actor(request), kind=JobKind.SYNC, job_id=job_id), name_actors)


class SyncFailuresView(APIView):
    @described("list_sync_failures", SyncFailurePageSerializer, 404, parameters=[LIMIT, CURSOR])
    @inject
    def get(
        self,
        request: Request,
        job_id: UUID,
        list_failures: Annotated[ListSyncFailures, Provide["list_sync_failures"]],
    ) -> HttpResponse:
        """The patients whom somebody should look at, by id."""
        given = paging(parameters(request.query_params, ["limit", "cursor"]))
        found = list_failures(actor=actor(request), job_id=job_id, **given)
        return page(request, [_failure_json(one) for one in found.items], cursor(found.next) if found.next else None)


def _answer(
    request: Request,
    job: Job,
    name_actors: NameActors,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    names = name_actors(actor=actor(request), names=[job.actor])
    return document(_sync_job_json(job, names), status=status, headers=headers)


def _sync_job_json(job: Job, names: Mapping[str, str | None]) -> dict[str, object]:
    scope = SyncScope.of(job)
    return job_json(job, JobOutcome, names) | {"statuses": scope.statuses, "patient_id": scope.patient_id}


def _failure_json(outcome: SyncOutcome) -> dict[str, object]:
    return {
        "patient_id": outcome.patient_id,
        "outcome": outcome.outcome,
        "reason": outcome.reason or None,
        "conflicts": outcome.conflicts,
        "at": outcome.at,
    }
