"""A patient as a FHIR R4 resource."""

from collections.abc import Mapping

from adapters.fhir_api.codes import ADDRESS_USES, EXTERNAL_ID, LANGUAGES, NAME_USES, PHONE_USES
from core.patients.dates import PartialDate
from core.patients.demographics import Address, Contact
from core.patients.entities import Patient
from core.patients.values import Status

_NAME_CODES, _PHONE_CODES, _ADDRESS_CODES = (
    {word: code for code, word in codes.items()} for codes in (NAME_USES, PHONE_USES, ADDRESS_USES)
)


def patient_resource(patient: Patient) -> dict[str, object]:
    identifiers = [{"system": one.system, "value": one.value} for one in patient.identifiers]
    if patient.external_id is not None:
        identifiers.append({"system": EXTERNAL_ID, "value": patient.external_id})
    return _without_empty(
        {
            "resourceType": "Patient",
            "id": str(patient.id),
            "meta": {"versionId": str(patient.version), "lastUpdated": patient.updated_at},
            "identifier": identifiers,
            "active": patient.status is Status.ACTIVE,
            "name": _names(patient),
            "telecom": _telecom(patient),
            "gender": patient.sex.value,
            "birthDate": patient.date_of_birth and patient.date_of_birth.iso,
            "deceasedBoolean": True if patient.deceased is True else None,
            "deceasedDateTime": patient.deceased.iso if isinstance(patient.deceased, PartialDate) else None,
            "address": [_address(one) for one in patient.addresses],
            "contact": [_contact(one) for one in patient.contacts],
            "communication": patient.language and [_communication(patient.language)],
            "link": patient.merged_into
            and [{"other": {"reference": f"Patient/{patient.merged_into}"}, "type": "replaced-by"}],
        }
    )


def _without_empty(resource: Mapping[str, object]) -> dict[str, object]:
    """FHIR has neither null nor empty lists."""
    return {name: value for name, value in resource.items() if value is not None and value != []}


def _names(patient: Patient) -> list[dict[str, object]]:
    main = {
        "use": "official",
        "family": patient.last_name,
        "given": _given(patient.first_name, patient.middle_name),
        "prefix": [patient.prefix] if patient.prefix else [],
        "suffix": [patient.suffix] if patient.suffix else [],
    }
    others = [
        {"use": _NAME_CODES[one.use], "family": one.last_name, "given": _given(one.first_name, None)}
        for one in patient.other_names
    ]
    return [_without_empty(name) for name in (main, *others)]


def _given(first: str | None, middle: str | None) -> list[str]:
    return [name for name in (first, *(middle or "").split()) if name]


def _telecom(patient: Patient) -> list[dict[str, object]]:
    points = [_point("phone", patient.phone)]
    points += [{**_point("phone", one.value), "use": _PHONE_CODES[one.use]} for one in patient.other_phones]
    points.append(_point("email", patient.email))
    return [point for point in points if "value" in point]


def _point(system: str, value: str | None) -> dict[str, object]:
    return {"system": system, "value": value} if value else {}


def _address(address: Address) -> dict[str, object]:
    return _without_empty(
        {
            "use": _ADDRESS_CODES[address.use],
            "line": list(address.lines),
            "city": address.city,
            "district": address.district,
            "state": address.state,
            "postalCode": address.postal_code,
            "country": address.country,
        }
    )


def _contact(contact: Contact) -> dict[str, object]:
    telecom = [point for point in (_point("phone", contact.phone), _point("email", contact.email)) if point]
    return _without_empty(
        {"relationship": [{"text": contact.relationship}], "name": {"text": contact.name}, "telecom": telecom}
    )


def _communication(language: str) -> dict[str, object]:
    return {"language": {"coding": [{"system": LANGUAGES, "code": language}]}, "preferred": True}
