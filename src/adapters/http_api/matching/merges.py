from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.users import Names
from adapters.http_api.matching.schemas import (
    MergePageSerializer,
    MergeRequestSerializer,
    MergeResultSerializer,
    UndoResultSerializer,
    merge_json,
    merge_result_json,
    undo_result_json,
)
from adapters.http_api.patients.parameters import read_pair
from adapters.http_api.patients.search import TheClock
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import read_body_collecting, require_no_input
from adapters.http_api.rest.cursors import id_cursor, paging
from adapters.http_api.rest.idempotency import once
from adapters.http_api.rest.openapi import CURSOR, LIMIT, document_operation
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import document, page
from core.access import Permission
from core.matching import use_cases
from core.matching.entities import Merge
from core.values import parse_bool

PREVIEW = OpenApiParameter("preview", bool, description="Show the result of the merge, and store nothing.")


class MergePatientsView(APIView):
    @document_operation(
        "merge_patients",
        Permission.MERGE_PATIENTS,
        MergeResultSerializer,
        404,
        409,
        412,
        body=MergeRequestSerializer,
        parameters=[PREVIEW],
        repeatable=True,
    )
    @once
    @inject
    def post(
        self,
        request: Request,
        patient_id: UUID,
        merge: Annotated[use_cases.MergePatients, Provide["merge_patients"]],
        name_actors: Names,
        clock: TheClock,
    ) -> HttpResponse:
        """Merge another record of the same person into a patient's.

        The patient keeps the id. The other record stays as it is, with the status `merged`: its id, numbers and names
        lead to the patient. `undo_merge` separates the two again.
        """
        given, errors = read_body_collecting(request, MergeRequestSerializer, required=["other"], query=["preview"])
        preview = False
        with errors.field("preview"):
            preview = parse_bool(given.get("preview", False))
        result = merge(
            actor=actor(request),
            patient_id=patient_id,
            choices=given.get("choices", {}),
            reason=given.get("reason"),
            preview=preview,
            errors=errors,
            **read_pair(given, errors),
        )
        names = name_actors(actor=actor(request), names=[result.merge.actor] if result.merge else [])
        return document(merge_result_json(result, names, clock.today()))


class PatientMergesView(APIView):
    @document_operation("list_merges", Permission.VIEW_PATIENTS, MergePageSerializer, 404, parameters=[LIMIT, CURSOR])
    @inject
    def get(
        self,
        request: Request,
        patient_id: UUID,
        list_merges: Annotated[use_cases.ListMerges, Provide["list_merges"]],
        name_actors: Names,
    ) -> HttpResponse:
        """List the merges of a patient's record.

        Those it survived and those it was merged by, newest first.
        """
        given = paging(read_query(request.query_params, ["limit", "cursor"]))
        found = list_merges(actor=actor(request), patient_id=patient_id, **given)
        names = name_actors(actor=actor(request), names={one for merge in found.items for one in _actors(merge)})
        return page(request, [merge_json(merge, names) for merge in found.items], id_cursor(found.next))


class UndoMergeView(APIView):
    @document_operation("undo_merge", Permission.MERGE_PATIENTS, UndoResultSerializer, 404, 409, repeatable=True)
    @once
    @inject
    def post(
        self,
        request: Request,
        merge_id: UUID,
        undo: Annotated[use_cases.UndoMerge, Provide["undo_merge"]],
        name_actors: Names,
        clock: TheClock,
    ) -> HttpResponse:
        """Undo a merge.

        The merged record is as it was before. The other one gets back what nobody changed since; `kept` names the
        fields that were changed after the merge and keep that change.
        """
        require_no_input(request)
        result = undo(actor=actor(request), merge_id=merge_id)
        names = name_actors(actor=actor(request), names=_actors(result.merge))
        return document(undo_result_json(result, names, clock.today()))


def _actors(merge: Merge) -> list[str]:
    return [name for name in (merge.actor, merge.undone_by) if name]
