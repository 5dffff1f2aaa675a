from collections.abc import Sequence
from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.users import Names
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import require_no_input
from adapters.http_api.rest.openapi import document_operation
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import document, page
from adapters.http_api.upstreams.schemas import UpstreamPageSerializer, UpstreamSerializer, upstream_json
from core.access import Permission
from core.accounts.use_cases import NameActors
from core.upstreams import use_cases
from core.upstreams.entities import UpstreamStatus

Order = Annotated[use_cases.OverrideUpstream, Provide["override_upstream"]]


class UpstreamsView(APIView):
    @document_operation("list_upstreams", Permission.MANAGE_UPSTREAMS, UpstreamPageSerializer)
    @inject
    def get(
        self,
        request: Request,
        list_upstreams: Annotated[use_cases.ListUpstreams, Provide["list_upstreams"]],
        name_actors: Names,
    ) -> HttpResponse:
        """List the upstreams and their circuit breakers.

        Each process of the server has its own circuit breaker.
        """
        read_query(request.query_params, [])
        return page(request, _upstreams_json(request, list_upstreams(actor=actor(request)), name_actors), None)


class IsolateView(APIView):
    @document_operation("isolate_upstream", Permission.MANAGE_UPSTREAMS, UpstreamSerializer, 404, 409)
    @inject
    def post(self, request: Request, name: str, override: Order, name_actors: Names) -> HttpResponse:
        """Isolate an upstream.

        Within a second, no process sends requests to it any more.
        """
        require_no_input(request)
        status = override(actor=actor(request), upstream=name, isolated=True)
        return document(_upstreams_json(request, [status], name_actors)[0])


class CloseView(APIView):
    @document_operation("close_upstream", Permission.MANAGE_UPSTREAMS, UpstreamSerializer, 404, 409)
    @inject
    def post(self, request: Request, name: str, override: Order, name_actors: Names) -> HttpResponse:
        """End an isolation and close open circuits.

        Every process sends requests again within a second.
        """
        require_no_input(request)
        status = override(actor=actor(request), upstream=name, isolated=False)
        return document(_upstreams_json(request, [status], name_actors)[0])


def _upstreams_json(
    request: Request, statuses: Sequence[UpstreamStatus], name_actors: NameActors
) -> list[dict[str, object]]:
    names = name_actors(actor=actor(request), names={one.override.actor for one in statuses if one.override})
    return [upstream_json(one, names) for one in statuses]
