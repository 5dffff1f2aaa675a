from typing import Annotated, TypedDict, cast

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.authentication import actor
from adapters.http_api.requests import change_cursor, parameters, read_change_cursor
from adapters.http_api.responses import change_json, page
from adapters.http_api.schema import CURSOR, LIMIT, described
from adapters.http_api.serializers import ACTOR_NAME, PageSerializer
from core.accounts.use_cases import NameActors
from core.patients.audit import Action, ChangeCursor
from core.patients.use_cases import FollowChanges


class PatientChangeSerializer(serializers.Serializer):
    patient_id = serializers.UUIDField()
    version = serializers.IntegerField(min_value=1, help_text="That the change made. The record may be further on.")
    action = serializers.ChoiceField(list(Action))
    at = serializers.DateTimeField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # the member's name
    actor = serializers.CharField(help_text="user:<id>, service:<name> or system:<job>")
    actor_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME)
    request_id = serializers.CharField()


class PatientChangePageSerializer(PageSerializer):
    next = serializers.URLField(
        help_text="Where to go on: at once if the page is full, else later. Never null; an empty page has it, too."
    )
    next_cursor = serializers.CharField(help_text="The `cursor` that `next` has.")
    results = PatientChangeSerializer(many=True)


class Following(TypedDict, total=False):
    after: ChangeCursor
    limit: int


class PatientChangesView(APIView):
    @described("follow_changes", PatientChangePageSerializer, 410, parameters=[LIMIT, CURSOR])
    @inject
    def get(
        self,
        request: Request,
        follow: Annotated[FollowChanges, Provide["follow_changes"]],
        name_actors: Annotated[NameActors, Provide["name_actors"]],
    ) -> HttpResponse:
        """Every change and erasure of a patient, once, in the order they were committed in; without a cursor from the
        first one on. Whoever asks for `next` each time misses none. 410 when the registry was restored from a backup:
        what was told since may not have happened, so read every patient again, and follow from `restart` on."""
        given = parameters(request.query_params, ["limit", "cursor"])
        if "cursor" in given:
            given["after"] = read_change_cursor(given.pop("cursor"))
        found = follow(actor=actor(request), **cast("Following", given))
        names = name_actors(actor=actor(request), names={change.actor for change in found.changes})
        return page(request, [change_json(change, names) for change in found.changes], change_cursor(found.next))
