from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson
from django.http import HttpResponse
from django.utils.http import http_date
from rest_framework.exceptions import NotAcceptable
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.fhir_api.outcomes import FHIR_JSON
from adapters.fhir_api.writing import patient_resource
from adapters.http_api.rest.parsers import JsonParser
from core.access import Permission
from core.errors import FieldError, ValidationError
from core.patients.entities import Patient

BASE = "/fhir/R4"
JSON_FORMATS = {"json", "application/json", FHIR_JSON}
Interaction = TypeVar("Interaction", bound=Callable[..., HttpResponse])


class FhirParser(JsonParser):
    media_type = FHIR_JSON


class FhirRenderer(BaseRenderer):
    """For content negotiation only: the views write the responses."""

    media_type, format = FHIR_JSON, "fhir"


class JsonRenderer(BaseRenderer):
    media_type, format = "application/json", "json"


def interaction(operation: str, permission: Permission | None) -> Callable[[Interaction], Interaction]:
    """`permission` is the one that the request needs; authentication and the access log read it from the method."""

    def mark(method: Interaction) -> Interaction:
        vars(method).update(operation=operation, permission=permission)
        return method

    return mark


class FhirView(APIView):
    schema = None  # not in the OpenAPI schema: the capability statement describes it
    tagged = True
    parser_classes = (FhirParser, JsonParser)
    renderer_classes = (FhirRenderer, JsonRenderer)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """`_format` comes before `Accept`. Raises `NotAcceptable`."""
        wanted = request.query_params.get("_format")
        if wanted is None or force:
            return super().perform_content_negotiation(request, force)
        if wanted not in JSON_FORMATS:
            raise NotAcceptable
        return FhirRenderer(), FHIR_JSON


def resource(
    request: Request, body: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    content = orjson.dumps(body, option=orjson.OPT_UTC_Z)
    media_type = request.accepted_media_type or FHIR_JSON
    return HttpResponse(content, status=status, content_type=media_type, headers=dict(headers or {}))


def patient_response(request: Request, patient: Patient, *, status: int = 200) -> HttpResponse:
    """With its version as a weak entity tag. `If-None-Match` with this tag gets 304."""
    changed = http_date(patient.updated_at.timestamp())
    headers = {"ETag": version_tag(patient.version), "Last-Modified": changed}
    if status == 201:
        headers["Location"] = request.build_absolute_uri(f"{BASE}/Patient/{patient.id}/_history/{patient.version}")
    if request.method in {"GET", "HEAD"} and headers["ETag"] in _tags(request, "If-None-Match"):
        return HttpResponse(status=304, headers=headers)
    return resource(request, patient_resource(patient), status=status, headers=headers)


def version_tag(version: int) -> str:
    return f'W/"{version}"'


def expected_version(request: Request) -> int | None:
    """The one that `If-Match` names; None for any. Raises `ValidationError`."""
    tags = _tags(request, "If-Match")
    if tags in ([], ["*"]):
        return None
    digits = tags[0].removeprefix("W/").strip('"')
    if len(tags) > 1 or not digits.isdecimal() or len(digits) > 9:
        raise ValidationError([FieldError("If-Match", "invalid", 'Must be the ETag that was read, such as W/"3".')])
    return int(digits)


def _tags(request: Request, name: str) -> list[str]:
    return [tag.strip() for tag in request.headers.get(name, "").split(",") if tag.strip()]
