"""Patients as rows of their table."""

from collections.abc import Callable
from typing import Any, cast

from attrs import fields

from adapters.django_orm.db.compiled_get import Row
from core.matching.details import PersonDetails, StoredPerson, all_phones
from core.patients.dates import PartialDate
from core.patients.demographics import Address, AddressUse, Contact, NameUse, OtherName, OtherPhone, PhoneUse
from core.patients.entities import Patient, to_json
from core.patients.errors import PatientNotFound
from core.patients.folding import sort_key
from core.patients.values import Identifier, Sex, Status

COLUMNS = tuple(field.name for field in fields(Patient))
MATCHING_COLUMNS = (
    *("id", "merged_into", "first_name", "middle_name", "last_name", "other_names", "date_of_birth", "sex"),
    *("phone", "other_phones", "email", "addresses", "identifiers"),
)
Item = dict[str, Any]  # the members of a JSON object


def columns_of(patient: Patient) -> dict[str, object]:
    row = {name: to_json(getattr(patient, name)) for name in COLUMNS}
    row["date_of_birth"] = row["date_of_birth"] or ""
    row["deceased"] = str(row["deceased"]).lower()
    return row | {"name": sort_key(patient.first_name, patient.last_name).encode()}


def require(row: Row | None) -> Patient:
    if row is None:
        raise PatientNotFound
    return patient_of(row)


def patient_of(row: Row) -> Patient:
    deceased = row["deceased"]
    row["deceased"] = deceased == "true" if deceased in {"true", "false"} else PartialDate(deceased)
    row["status"] = Status(row["status"])
    return Patient(**_parsed(row))


def stored_person_of(row: Row) -> StoredPerson:
    """From a row with `MATCHING_COLUMNS`."""
    one = _parsed(row)
    details = PersonDetails(
        first_name=one["first_name"],
        middle_name=one["middle_name"],
        last_name=one["last_name"],
        other_names=one["other_names"],
        date_of_birth=one["date_of_birth"],
        sex=one["sex"],
        phones=all_phones(one["phone"], one["other_phones"]),
        emails=() if one["email"] is None else (one["email"],),
        addresses=one["addresses"],
        identifiers=one["identifiers"],
    )
    return StoredPerson(one["id"], one["merged_into"], details)


def _parsed(row: Row) -> Row:
    """Parses in place what a patient's row and a person's row have in common."""
    row["date_of_birth"] = PartialDate(row["date_of_birth"]) if row["date_of_birth"] else None
    row["sex"] = Sex(row["sex"])
    for name in _ITEMS.keys() & row.keys():
        row[name] = tuple(map(_ITEMS[name], cast("list[Item]", row[name])))
    return row


def _address(item: Item) -> Address:
    parsed: Item = {"use": AddressUse(item["use"]), "lines": tuple(item["lines"])}
    return Address(**item | parsed)


_ITEMS: dict[str, Callable[[Item], object]] = {
    "other_names": lambda item: OtherName(**item | {"use": NameUse(item["use"])}),
    "other_phones": lambda item: OtherPhone(**item | {"use": PhoneUse(item["use"])}),
    "addresses": _address,
    "contacts": lambda item: Contact(**item),
    "identifiers": lambda item: Identifier(**item),
}
