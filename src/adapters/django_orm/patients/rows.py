"""Patients as rows of their table."""

from collections.abc import Callable
from typing import Any

from attrs import fields

from adapters.django_orm.db.binary import Row
from core.patients.dates import PartialDate
from core.patients.demographics import Address, AddressUse, Contact, NameUse, OtherName, OtherPhone, PhoneUse
from core.patients.entities import Patient, to_json
from core.patients.errors import PatientNotFound
from core.patients.folding import sort_key
from core.patients.values import Identifier, Sex, Status

COLUMNS = tuple(field.name for field in fields(Patient))
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
    row["date_of_birth"] = PartialDate(row["date_of_birth"]) if row["date_of_birth"] else None
    row["sex"] = Sex(row["sex"])
    for name, parse in ITEMS.items():
        row[name] = tuple(map(parse, row[name]))
    return Patient(**row)


def _address(item: Item) -> Address:
    parsed: Item = {"use": AddressUse(item["use"]), "lines": tuple(item["lines"])}
    return Address(**item | parsed)


ITEMS: dict[str, Callable[[Item], object]] = {
    "other_names": lambda item: OtherName(**item | {"use": NameUse(item["use"])}),
    "other_phones": lambda item: OtherPhone(**item | {"use": PhoneUse(item["use"])}),
    "addresses": _address,
    "contacts": lambda item: Contact(**item),
    "identifiers": lambda item: Identifier(**item),
}
