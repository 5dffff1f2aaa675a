from collections.abc import Mapping, Sequence
from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.authentication import actor
from adapters.http_api.requests import parameters, refuse_input
from adapters.http_api.responses import document, page
from adapters.http_api.schema import described
from adapters.http_api.serializers import ACTOR_NAME, PageSerializer
from adapters.http_api.users import Names
from core.access import Permission
from core.accounts.use_cases import NameActors
from core.upstreams import use_cases
from core.upstreams.entities import CircuitState, UpstreamReport, UpstreamStatus

Order = Annotated[use_cases.OrderUpstream, Provide["order_upstream"]]


class UpstreamProcessSerializer(serializers.Serializer):
    process = serializers.CharField(help_text="Its host and process id.")
    state = serializers.ChoiceField(list(CircuitState))
    calls = serializers.IntegerField(help_text="Attempts in the window; the rates and times are about these.")
    failure_rate = serializers.FloatField(allow_null=True, help_text="0 to 1.")
    slow_rate = serializers.FloatField(allow_null=True, help_text="0 to 1.")
    median_seconds = serializers.FloatField(allow_null=True)
    p95_seconds = serializers.FloatField(allow_null=True)
    under_way = serializers.IntegerField(help_text="Attempts that are being made.")
    retry_budget = serializers.FloatField(help_text="Retries that may be made now.")
    seconds_left = serializers.FloatField(help_text="Until an open circuit is tried again.")
    reported_at = serializers.DateTimeField()


class UpstreamSerializer(serializers.Serializer):
    name = serializers.CharField()
    isolated = serializers.BooleanField(help_text="By an operator: nothing is sent until it is closed.")
    ordered_by = serializers.CharField(allow_null=True, help_text="Who isolated or closed it last.")
    ordered_by_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME)
    ordered_at = serializers.DateTimeField(allow_null=True)
    processes = UpstreamProcessSerializer(many=True, help_text="Those that reported in the last ten minutes.")


class UpstreamPageSerializer(PageSerializer):
    results = UpstreamSerializer(many=True)


class UpstreamsView(APIView):
    @described("list_upstreams", UpstreamPageSerializer)
    @inject
    def get(
        self,
        request: Request,
        list_upstreams: Annotated[use_cases.ListUpstreams, Provide["list_upstreams"]],
        name_actors: Names,
    ) -> HttpResponse:
        """The circuit of each process of the server, which has its own."""
        parameters(request.query_params, [])
        return page(request, _upstreams_json(request, list_upstreams(actor=actor(request)), name_actors), None)


class IsolateView(APIView):
    @described("isolate_upstream", UpstreamSerializer, 404, 409)
    @inject
    def post(self, request: Request, name: str, order: Order, name_actors: Names) -> HttpResponse:
        """Nothing is sent to it any more, by any process, within a second."""
        refuse_input(request, Permission.MANAGE_UPSTREAMS)
        status = order(actor=actor(request), upstream=name, isolated=True)
        return document(_upstreams_json(request, [status], name_actors)[0])


class CloseView(APIView):
    @described("close_upstream", UpstreamSerializer, 404, 409)
    @inject
    def post(self, request: Request, name: str, order: Order, name_actors: Names) -> HttpResponse:
        """Ends an isolation, and closes circuits that are open."""
        refuse_input(request, Permission.MANAGE_UPSTREAMS)
        status = order(actor=actor(request), upstream=name, isolated=False)
        return document(_upstreams_json(request, [status], name_actors)[0])


def _upstreams_json(
    request: Request, statuses: Sequence[UpstreamStatus], name_actors: NameActors
) -> list[dict[str, object]]:
    names = name_actors(actor=actor(request), names={one.order.actor for one in statuses if one.order})
    return [_upstream_json(one, names) for one in statuses]


def _upstream_json(status: UpstreamStatus, names: Mapping[str, str | None]) -> dict[str, object]:
    return {
        "name": status.upstream,
        "isolated": status.isolated,
        "ordered_by": status.order and status.order.actor,
        "ordered_by_name": status.order and names[status.order.actor],
        "ordered_at": status.order and status.order.at,
        "processes": [_process_json(report) for report in status.reports],
    }


def _process_json(report: UpstreamReport) -> dict[str, object]:
    return {
        "process": report.process,
        "state": report.state,
        "calls": report.calls,
        "failure_rate": report.failure_rate,
        "slow_rate": report.slow_rate,
        "median_seconds": report.median_seconds,
        "p95_seconds": report.p95_seconds,
        "under_way": report.under_way,
        "retry_budget": report.retry_budget,
        "seconds_left": report.seconds_left,
        "reported_at": report.reported_at,
    }
