from drf_spectacular.utils import OpenApiParameter

from adapters.http_api.patients.record import PatientSerializer
from core.patients.search import MAX_IDS

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
