"""`Idempotency-Key`: a client that got no answer repeats its request, and it is done once."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from adapters.http_api.rest.authentication import actor, handler, required_permission
from adapters.http_api.rest.parsers import MAX_BODY_BYTES, content_length
from core.access_log.entities import AccessAction
from core.access_log.use_cases import RecordAccess
from core.idempotency.entities import Answer
from core.idempotency.use_cases import AnswerOnce

_PATIENT = re.compile("/patients/([0-9a-f-]{36})/$")

Handler = TypeVar("Handler", bound=Callable[..., HttpResponse])


def once(handle: Handler) -> Handler:
    """The method of a view, which answers a repeated request as it answered the first."""

    @wraps(handle)
    def answer(view: object, request: Request, **path: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        if key is None or content_length(request) > MAX_BODY_BYTES:  # the parser refuses the body
            return handle(view, request, **path)
        return _answer_once(request, key, lambda: handle(view, request, **path), path.get("patient_id"))

    return cast("Handler", answer)


@inject
def _answer_once(
    request: Request,
    key: str,
    handle: Callable[[], HttpResponse],
    patient_id: UUID | None,
    once: AnswerOnce = Provide["answer_once"],
    record: RecordAccess = Provide["record_access"],
) -> HttpResponse:
    who, operation = actor(request), getattr(handler(request), "operation", "")
    if permission := required_permission(request):
        who.require(permission)  # also for a repetition
    address = f"{request._request.path_info}?{request.META['QUERY_STRING']} {request.headers.get('Content-Type', '')}"
    found, repeated = once(
        actor=who,
        key=key,
        operation=operation,
        request=f"{address}\n".encode() + _body(request._request),
        work=lambda: _answer_of(handle()),
    )
    response = HttpResponse(found.body, status=found.status, headers=dict(found.headers))
    if repeated:
        response["Idempotency-Replayed"] = "true"
        seen = _PATIENT.search(found.headers.get("Location", ""))
        patient_id = patient_id or (UUID(seen[1]) if seen else None)
        record(actor=who, action=AccessAction.ANSWER_REPEATED, patient_id=patient_id, detail=operation)
    return response


def _body(request: HttpRequest) -> bytes:
    """`request.body` would apply the limit of forms, which is lower than the parser's."""
    if not hasattr(request, "_body"):
        request._body = request.read(MAX_BODY_BYTES)
    return request.body


def _answer_of(response: HttpResponse) -> Answer:
    return Answer(response.status_code, dict(response.items()), response.content)
