from collections.abc import Iterator
from struct import Struct
from uuid import UUID

from dependency_injector.wiring import inject
from django.http import HttpResponse
from rest_framework.request import Request

from adapters.fhir_api.bundles import bundle
from adapters.fhir_api.parameters import FORMAT, parse_count
from adapters.fhir_api.patients import ERASED, ViewHistory, ViewPatient
from adapters.fhir_api.versions import versions
from adapters.fhir_api.view import BASE, FhirView, interaction, patient_response, resource, version_tag
from adapters.fhir_api.writing import patient_resource
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.cursors import decode_cursor, encode_cursor
from adapters.http_api.rest.queries import read_query
from core.access import Actor, Permission
from core.errors import Gone, NotFound, parse_field
from core.patients import use_cases
from core.patients.audit import Action, AuditEvent
from core.patients.entities import Patient
from core.patients.errors import PatientNotFound
from core.values import DEFAULT_PER_PAGE, MAX_PER_PAGE

Versions = Iterator[tuple[AuditEvent, Patient | None]]
_VERSION = Struct(">I")
_METHODS = {Action.REGISTERED: "POST", Action.ERASED: "DELETE"}


class PatientHistoryView(FhirView):
    @interaction("fhir_history", Permission.VIEW_PATIENTS)
    @inject
    def get(self, request: Request, patient_id: UUID, view: ViewPatient, history: ViewHistory) -> HttpResponse:
        """Newest first. Versions whose values were erased are left out."""
        given = read_query(request.query_params, [*FORMAT, "_count", "_cursor"])
        limit = max(1, parse_field("_count", parse_count, given.get("_count", str(DEFAULT_PER_PAGE))))
        last = parse_field("_cursor", _parse_cursor, given["_cursor"]) if "_cursor" in given else None
        entries: list[object] = []
        cursor = None
        for event, patient in _versions(actor(request), patient_id, view, history):
            if (last is None or event.version < last) and (patient or event.action is Action.ERASED):
                if len(entries) == limit:
                    cursor = encode_cursor(_VERSION, event.version + 1)
                    break
                entries.append(_entry(request, event, patient))
        return resource(request, bundle(request, "history", entries, cursor))


class PatientVersionView(FhirView):
    @interaction("fhir_vread", Permission.VIEW_PATIENTS)
    @inject
    def get(
        self, request: Request, patient_id: UUID, version: int, view: ViewPatient, history: ViewHistory
    ) -> HttpResponse:
        read_query(request.query_params, FORMAT)
        for event, patient in _versions(actor(request), patient_id, view, history):
            if event.version == version:
                if patient is None:
                    raise Gone(ERASED)
                return patient_response(request, patient)
        raise NotFound("The patient has no such version.")


def _versions(who: Actor, patient_id: UUID, view: use_cases.ViewPatient, history: use_cases.ViewHistory) -> Versions:
    """Raises `PatientNotFound`."""
    try:
        current = view(actor=who, patient_id=patient_id)
    except PatientNotFound:
        current = None
    return versions(current, _events(who, patient_id, history))


def _events(who: Actor, patient_id: UUID, history: use_cases.ViewHistory) -> Iterator[AuditEvent]:
    before: int | None = None
    while before is None or before > 1:
        page = history(actor=who, patient_id=patient_id, before_version=before, limit=MAX_PER_PAGE)
        yield from page.events
        if page.next is None:
            return
        before = page.next


def _entry(request: Request, event: AuditEvent, patient: Patient | None) -> dict[str, object]:
    url = f"Patient/{event.patient_id}"
    method = _METHODS.get(event.action, "PUT")
    return {
        "fullUrl": request.build_absolute_uri(f"{BASE}/{url}"),
        **({"resource": patient_resource(patient)} if patient else {}),
        "request": {"method": method, "url": "Patient" if method == "POST" else url},
        "response": {
            "status": {"POST": "201", "DELETE": "204"}.get(method, "200"),
            "etag": version_tag(event.version),
            "lastModified": event.at,
        },
    }


def _parse_cursor(raw: object) -> int:
    return decode_cursor(_VERSION, raw)[0]
