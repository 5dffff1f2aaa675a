"""`Idempotency-Key`: a client that got no answer repeats its request, and it is done once."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request

from adapters.http_api.rest.authentication import actor, handler, required_permission
from adapters.http_api.rest.parsers import MAX_BODY_BYTES, content_length
from core.idempotency.entities import Answer
from core.idempotency.use_cases import AnswerOnce

Handler = TypeVar("Handler", bound=Callable[..., HttpResponse])


def once(handle: Handler) -> Handler:
    """The method of a view, which answers a repeated request as it answered the first."""

    @wraps(handle)
    def answer(view: object, request: Request, **path: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        if key is None or content_length(request) > MAX_BODY_BYTES:  # the parser refuses the body
            return handle(view, request, **path)
        return _answer_once(request, key, lambda: handle(view, request, **path))

    return cast("Handler", answer)


@inject
def _answer_once(
    request: Request, key: str, handle: Callable[[], HttpResponse], once: AnswerOnce = Provide["answer_once"]
) -> HttpResponse:
    who = actor(request)
    if permission := required_permission(request):
        who.require(permission)  # also for a repetition
    media, address = request.headers.get("Content-Type", ""), request.get_full_path()
    found, repeated = once(
        actor=who,
        key=key,
        operation=getattr(handler(request), "operation", ""),
        request=f"{request.method} {address} {media}\n".encode() + request._request.body,
        work=lambda: _answer_of(handle()),
    )
    response = HttpResponse(found.body, status=found.status, headers=dict(found.headers))
    if repeated:
        response["Idempotency-Replayed"] = "true"
    return response


def _answer_of(response: HttpResponse) -> Answer:
    return Answer(response.status_code, dict(response.items()), response.content)
