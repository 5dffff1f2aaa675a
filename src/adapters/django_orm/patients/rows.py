"""Patients as rows of their table."""

from collections.abc import Callable
from typing import Any, cast

from attrs import fields

from adapters.django_orm.db.compiled_get import Row
from core.matching.details import PersonDetails, StoredPerson
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
    born, deceased = row["date_of_birth"], row["deceased"]
    row["date_of_birth"] = PartialDate(born) if born else None
    row["deceased"] = deceased == "true" if deceased in {"true", "false"} else PartialDate(deceased)
    row["sex"] = Sex(row["sex"])
    row["status"] = Status(row["status"])
    for name in _ITEMS:
        row[name] = _items(row, name)
    return Patient(**row)


def stored_person_of(row: Row) -> StoredPerson:
    """From a row with `MATCHING_COLUMNS`."""
    born, phone, email = row["date_of_birth"], row["phone"], row["email"]
    details = PersonDetails(
        first_name=row["first_name"],
        middle_name=row["middle_name"],
        last_name=row["last_name"],
        other_names=_items(row, "other_names"),
        date_of_birth=PartialDate(born) if born else None,
        sex=Sex(row["sex"]),
        phones=(*((phone,) if phone else ()), *(other["value"] for other in row["other_phones"])),
        emails=(email,) if email else (),
        addresses=_items(row, "addresses"),
        identifiers=_items(row, "identifiers"),
    )
    return StoredPerson(row["id"], row["merged_into"], details)


def _items(row: Row, name: str) -> tuple[Any, ...]:
    return tuple(map(_ITEMS[name], cast("list[Item]", row[name])))


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
