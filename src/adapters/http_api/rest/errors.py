"""The one table from exceptions to HTTP: every error the API answers with is a problem document (RFC 9457)."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from rest_framework import exceptions as drf
from rest_framework.request import Request

from adapters.http_api.rest.accesses import record_error
from adapters.http_api.rest.negotiation import ACCEPT_PATCH
from adapters.http_api.rest.paths import API_PATHS
from adapters.http_api.rest.schemas import REQUEST_ID_EXAMPLE
from core import errors as core
from core.idempotency.errors import KeyReused
from core.matching.entities import Candidate
from core.matching.errors import PossibleDuplicate
from core.matching.scoring import explain
from core.patients.errors import ChangesRestarted, PatientMerged, UniqueValueTaken

STATUS: dict[type[core.RegistryError], int] = {
    core.ValidationError: 400,
    core.Unauthenticated: 401,
    core.Forbidden: 403,
    core.NotFound: 404,
    core.Conflict: 409,
    core.Gone: 410,
    core.VersionMismatch: 412,
    KeyReused: 422,
    core.RateLimited: 429,
    core.InvalidUpstreamResponse: 502,
    core.Unavailable: 503,
}
DEFAULT_RETRY_SECONDS = 5
PROBLEM = "application/problem+json"
_PLAIN = {
    400: ("bad-request", "The request cannot be read."),
    403: ("forbidden", "You may not do this."),
    404: ("not-found", "There is nothing at this address."),
    405: ("method-not-allowed", "This address does not take this method."),
    406: ("not-acceptable", "The answer is not available in any form that Accept asks for."),
    413: ("too-large", "The body is too large."),
    414: ("address-too-long", "An address has at most 10,000 bytes, its query string included."),
    415: ("unsupported-media-type", "This address does not take a body of this type."),
    431: ("headers-too-large", "Send at most 16 KiB of headers."),
    500: ("internal-error", "Something went wrong in the registry. Quote the request id when you report it."),
}


class BodyTooLarge(drf.APIException):
    status_code = 413


class MalformedBody(drf.APIException):
    status_code = 400
    default_detail = "The body is not valid JSON."


def example_problem(status: int) -> dict[str, object]:
    """For the OpenAPI schema."""
    kinds = {code: (error.kind, error.message) for error, code in STATUS.items()}
    kind, detail = kinds.get(status) or _PLAIN[status]
    return _document(kind, status, detail, "/api/v1/patients/", REQUEST_ID_EXAMPLE)


def _document(kind: str, status: int, detail: str, path: str, request_id: str) -> dict[str, object]:
    return {
        "type": f"urn:problem-type:patient-registry:{kind}",
        "title": kind.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": path,
        "request_id": request_id,
    }


def problem(
    request: HttpRequest | Request, status: int, kind: str, detail: str, headers: Mapping[str, str], **members: object
) -> HttpResponse:
    body = _document(kind, status, detail, request.path, request.META.get("REQUEST_ID", "")) | members
    page = _wants_page(request)
    return HttpResponse(
        render_to_string("web/problem.html", body) if page else orjson.dumps(body),
        status=status,
        content_type="text/html; charset=utf-8" if page else PROBLEM,
        headers=dict(headers),
    )


def _wants_page(request: HttpRequest | Request) -> bool:
    """Where there are pages, a browser gets one for an error, too."""
    if request.path.startswith(API_PATHS) or isinstance(request, Request):
        return False
    return request.get_preferred_type([PROBLEM, "text/html"]) == "text/html"


def answer_exception(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """For DRF, whose context is untyped. None leaves an unforeseen error to Django, which answers 500."""
    request: Request = context["request"]
    if isinstance(error, core.RegistryError):
        record_error(request, error)
        return answer_core(request, error)
    if isinstance(error, Http404 | RequestDataTooBig):
        return answer_plain(request, 404 if isinstance(error, Http404) else 413)
    if isinstance(error, MalformedBody):
        return problem(request, 400, "malformed-body", str(error.detail), {})
    if isinstance(error, drf.UnsupportedMediaType):
        taken = ", ".join(parser.media_type for parser in context["view"].get_parsers())
        return answer_plain(
            request, 415, {"Accept-Patch": ACCEPT_PATCH} if request.method == "PATCH" else {"Accept": taken}
        )
    if isinstance(error, drf.APIException) and error.status_code in _PLAIN:
        return answer_plain(request, error.status_code)
    return None


def answer_core(request: HttpRequest | Request, error: core.RegistryError) -> HttpResponse:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    headers: dict[str, str] = {}
    members: dict[str, object] = {}
    if isinstance(error, core.ValidationError):
        members["errors"] = [{"field": f.field, "code": f.code, "message": f.message} for f in error.errors]
        members |= {"more_errors": error.omitted} if error.omitted else {}
    if isinstance(error, UniqueValueTaken) and error.holder:
        members["patient_id"] = str(error.holder)
    if isinstance(error, PatientMerged):
        members["patient_id"] = str(error.survivor)
    if isinstance(error, PossibleDuplicate) and error.candidates:
        members["candidates"] = [_duplicate(candidate) for candidate in error.candidates]
    if isinstance(error, ChangesRestarted):
        members["restart"] = request.build_absolute_uri(request.path)
    if isinstance(error, core.RetryableError):
        seconds = error.retry_after.total_seconds() if error.retry_after else DEFAULT_RETRY_SECONDS
        headers["Retry-After"] = str(max(1, math.ceil(seconds)))
    if isinstance(error, core.Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="patient-registry"'
    return problem(request, status, error.kind, str(error), headers, **members)


def _duplicate(candidate: Candidate) -> dict[str, object]:
    match = candidate.match
    return {
        "patient_id": str(candidate.patient.id),
        "probability": match.probability,
        "explanation": explain(match.evidence),
    }


def answer_plain(
    request: HttpRequest | Request, status: int, headers: Mapping[str, str] = MappingProxyType({})
) -> HttpResponse:
    kind, detail = _PLAIN[status]
    return problem(request, status, kind, detail, headers)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer_plain(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    """For what Django forbids: with the exception, or with the reason why a request looks forged."""
    return answer_plain(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer_plain(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return answer_plain(request, 500)
