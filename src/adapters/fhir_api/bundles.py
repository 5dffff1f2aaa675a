from collections.abc import Sequence

from rest_framework.request import Request

from adapters.fhir_api.search import Search
from adapters.fhir_api.view import BASE
from adapters.fhir_api.writing import patient_resource
from core.patients.search import PatientPage


def search_bundle(request: Request, search: Search, found: PatientPage, cursor: str | None) -> dict[str, object]:
    """`total` is left out where it is not known exactly."""
    entries = [
        {
            "fullUrl": request.build_absolute_uri(f"{BASE}/Patient/{patient.id}"),
            "resource": patient_resource(patient),
            "search": {"mode": "match"},
        }
        for patient in search.selected(found.patients)
    ]
    exact = found.count is not None and not found.count_capped and not search.keeps
    return bundle(
        request,
        "searchset",
        [] if search.summary else entries,
        None if search.summary else cursor,
        total=found.count if exact else None,
    )


def bundle(
    request: Request, kind: str, entries: Sequence[object], cursor: str | None, total: int | None = None
) -> dict[str, object]:
    links = [{"relation": "self", "url": request.build_absolute_uri()}]
    if cursor:
        query = request.query_params.copy()
        query["_cursor"] = cursor
        links.append({"relation": "next", "url": request.build_absolute_uri(f"{request.path}?{query.urlencode()}")})
    body: dict[str, object] = {"resourceType": "Bundle", "type": kind, "link": links}
    return body | ({"total": total} if total is not None else {}) | ({"entry": entries} if entries else {})
