"""A FHIR Patient as the fields of a registration."""

from typing import cast

from attrs import frozen

from adapters.fhir_api.codes import ADDRESS_USES, EXTERNAL_ID, LANGUAGES, NAME_USES, PHONE_USES
from adapters.fhir_api.elements import UNSUPPORTED, Element
from core.errors import ErrorCollector, FieldError, ValidationError
from core.patients.fields import Changes

_PATIENT = {
    "resourceType", "id", "meta", "identifier", "active", "name", "telecom", "gender", "birthDate", "deceasedBoolean",
    "deceasedDateTime", "address", "contact", "communication",
}  # fmt: skip
_NAME = {"use", "family", "given", "prefix", "suffix"}
_MAIN_NAME_USES = ("official", "usual", None)
_PATHS = {
    "first_name": "name.given",
    "middle_name": "name.given",
    "last_name": "name.family",
    "prefix": "name.prefix",
    "suffix": "name.suffix",
    "other_names": "name",
    "email": "telecom",
    "phone": "telecom",
    "other_phones": "telecom",
    "date_of_birth": "birthDate",
    "deceased": "deceased",
    "sex": "gender",
    "language": "communication.language",
    "addresses": "address",
    "contacts": "contact",
    "identifiers": "identifier",
    "external_id": "identifier",
    "status": "active",
}


@frozen
class PatientResource:
    """`fields` are those that the resource can express, but for the status; those that it lacks are emptied. `id` and
    `active` are None if the resource does not have them."""

    fields: Changes
    id: str | None
    active: bool | None


def read_patient(raw: object) -> PatientResource:
    """Raises `ValidationError` with the FHIRPath of each element that is malformed or that the registry would lose."""
    errors = ErrorCollector()
    patient = Element.read("Patient", raw, _PATIENT, errors)
    if not isinstance(raw, dict):
        errors.raise_if_any()
    if patient.members.get("resourceType") != "Patient":
        patient.refuse("resourceType", "invalid", "Must be Patient.")
    patient.element("meta", {"versionId", "lastUpdated"})
    fields = {
        **_names(patient),
        **_telecom(patient),
        **_identifiers(patient),
        "sex": patient.text("gender") or "unknown",
        "date_of_birth": patient.text("birthDate"),
        "deceased": _deceased(patient),
        "language": _language(patient),
        "addresses": [_address(one) for one in patient.elements("address", ADDRESS)],
        "contacts": [_contact(one) for one in patient.elements("contact", {"relationship", "name", "telecom"})],
    }
    resource = PatientResource(cast("Changes", fields), patient.text("id"), patient.boolean("active"))
    errors.raise_if_any()
    return resource


def by_path(error: ValidationError) -> ValidationError:
    """The errors of fields as errors of elements."""
    return ValidationError(
        [FieldError(_path(one.field), one.code, one.message) for one in error.errors], omitted=error.omitted
    )


def _path(field: str) -> str:
    name, _, rest = field.partition(".")
    number = rest.partition(".")[0]
    index = f"[{number}]" if name in {"addresses", "contacts"} and number.isdecimal() else ""
    return f"Patient.{_PATHS[name]}{index}" if name in _PATHS else field


def _names(patient: Element) -> dict[str, object]:
    names = list(patient.elements("name", _NAME))
    uses = [name.text("use") for name in names]
    main = next((uses.index(use) for use in _MAIN_NAME_USES if use in uses), None)
    others = [name for number, name in enumerate(names) if number != main]
    fields: dict[str, object] = {"other_names": [_other_name(name) for name in others]}
    name = names[main] if main is not None else Element("Patient.name", {}, patient.errors)
    given = name.texts("given")
    return fields | {
        "first_name": given[0] if given else None,
        "middle_name": " ".join(given[1:]) or None,
        "last_name": name.text("family"),
        "prefix": " ".join(name.texts("prefix")) or None,
        "suffix": " ".join(name.texts("suffix")) or None,
    }


def _other_name(name: Element) -> dict[str, object]:
    for member in ("prefix", "suffix"):
        if name.has(member):
            name.refuse(member, UNSUPPORTED, "The registry stores it for the official name only.")
    use = name.choice("use", NAME_USES) or NAME_USES["usual"]
    return {"use": use, "first_name": " ".join(name.texts("given")) or None, "last_name": name.text("family")}


def _telecom(patient: Element) -> dict[str, object]:
    fields: dict[str, object] = {"email": None, "phone": None}
    phones: list[dict[str, object]] = []
    for point in patient.elements("telecom", {"system", "value", "use"}):
        system, use = point.choice("system", {"phone": "phone", "email": "email"}), point.choice("use", PHONE_USES)
        if system == "phone" and use:
            phones.append({"use": use, "value": point.text("value")})
        elif system == "email" and point.has("use"):
            point.refuse("use", UNSUPPORTED, "The registry stores no use of an email.")
        elif system and fields[system] is not None:
            point.refuse("value", UNSUPPORTED, f"The registry stores one {system} without a use.")
        elif system:
            fields[system] = point.text("value")
        elif not point.has("system"):
            point.refuse("system", "required", "This element is required.")
    return fields | {"other_phones": phones}


def _identifiers(patient: Element) -> dict[str, object]:
    identifiers: list[dict[str, object]] = []
    external_ids: list[str | None] = []
    for one in patient.elements("identifier", {"system", "value"}):
        if one.text("system") == EXTERNAL_ID:
            external_ids.append(one.text("value"))
        else:
            identifiers.append({"system": one.text("system"), "value": one.text("value")})
    if len(external_ids) > 1:
        patient.refuse("identifier", UNSUPPORTED, f"The registry stores one identifier of {EXTERNAL_ID}.")
    return {"identifiers": identifiers, "external_id": external_ids[0] if external_ids else None}


def _deceased(patient: Element) -> bool | str:
    if patient.has("deceasedBoolean") and patient.has("deceasedDateTime"):
        patient.refuse("deceasedBoolean", "invalid", "Must not be sent with deceasedDateTime.")
    return patient.text("deceasedDateTime") or patient.boolean("deceasedBoolean") or False


def _language(patient: Element) -> str | None:
    coding = patient.only("communication", {"language", "preferred"}).element("language", {"coding"})
    language = coding.only("coding", {"system", "code"})
    language.choice("system", {LANGUAGES: LANGUAGES})
    return language.text("code")


ADDRESS = {"use", "line", "city", "district", "state", "postalCode", "country"}


def _address(address: Element) -> dict[str, object]:
    return {
        "use": address.choice("use", ADDRESS_USES),
        "lines": address.texts("line"),
        "city": address.text("city"),
        "district": address.text("district"),
        "state": address.text("state"),
        "postal_code": address.text("postalCode"),
        "country": address.text("country"),
    }


def _contact(contact: Element) -> dict[str, object]:
    fields: dict[str, object] = {
        "relationship": contact.only("relationship", {"text"}).text("text"),
        "name": contact.element("name", {"text"}).text("text"),
    }
    for point in contact.elements("telecom", {"system", "value"}):
        system = point.choice("system", {"phone": "phone", "email": "email"})
        if system in fields:
            point.refuse("value", UNSUPPORTED, f"The registry stores one {system} of a contact.")
        elif system:
            fields[system] = point.text("value")
    return fields
