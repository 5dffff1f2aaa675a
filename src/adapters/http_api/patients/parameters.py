from drf_spectacular.utils import OpenApiParameter

from adapters.http_api.patients.schemas import PatientSerializer
from core.patients.search import MAX_IDS

_MEMBERS = list(PatientSerializer().get_fields())


IDS = OpenApiParameter(
    "ids",
    {"type": "array", "items": {"type": "string", "format": "uuid"}, "minItems": 1},
    explode=False,
    description=f"Those of them that are there, with commas between; at most {MAX_IDS}.",
)


FIELDS = OpenApiParameter(
    "fields",
    {"type": "array", "items": {"type": "string", "enum": _MEMBERS}, "minItems": 1, "maxItems": len(_MEMBERS)},
    explode=False,
    description="Give these members of each patient and no others, with commas between.",
)


SPREADSHEET = OpenApiParameter("spreadsheet", bool, description="Keep a spreadsheet from calculating cells of the CSV.")
