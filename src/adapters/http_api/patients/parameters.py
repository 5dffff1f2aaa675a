from collections.abc import Mapping
from typing import TypedDict
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from adapters.http_api.patients.record import PatientSerializer
from adapters.http_api.rest.bodies import parse_id, parse_version
from adapters.http_api.rest.schemas import MAX_VERSION
from core.errors import ErrorCollector
from core.patients.search import MAX_IDS
from core.values import parse_optional

_MEMBERS = list(PatientSerializer().get_fields())


IDS = OpenApiParameter(
    "ids",
    {"type": "array", "items": {"type": "string", "format": "uuid"}, "minItems": 1},
    explode=False,
    description=f"Patients with these ids, separated by commas; at most {MAX_IDS}.",
)


FIELDS = OpenApiParameter(
    "fields",
    {"type": "array", "items": {"type": "string", "enum": _MEMBERS}, "minItems": 1, "maxItems": len(_MEMBERS)},
    explode=False,
    description="Return only these members of each patient, separated by commas.",
)


SPREADSHEET = OpenApiParameter(
    "spreadsheet", bool, description="Escape cells that a spreadsheet would read as formulas. CSV only."
)


class VersionsSerializer(serializers.Serializer):
    """Of two records that a request changes."""

    version = serializers.IntegerField(
        min_value=1,
        max_value=MAX_VERSION,
        allow_null=True,
        required=False,
        help_text="The version of this record that you read: 412 if it has changed since.",
    )
    other_version = serializers.IntegerField(
        min_value=1,
        max_value=MAX_VERSION,
        allow_null=True,
        required=False,
        help_text="The version of the other record that you read.",
    )


class Pair(TypedDict):
    other_id: UUID
    expected_version: int | None
    expected_other_version: int | None


def read_pair(given: Mapping[str, object], errors: ErrorCollector) -> Pair:
    """The members of a body that name another patient, and the versions of both."""
    pair: Pair = {"other_id": UUID(int=0), "expected_version": None, "expected_other_version": None}
    if "other" in given:
        with errors.field("other"):
            pair["other_id"] = parse_id(given["other"])
    with errors.field("version"):
        pair["expected_version"] = parse_optional(parse_version)(given.get("version"))
    with errors.field("other_version"):
        pair["expected_other_version"] = parse_optional(parse_version)(given.get("other_version"))
    return pair
