"""Two records side by side."""

from collections.abc import Mapping

from attrs import frozen
from django.utils.translation import gettext as _

from adapters.web.console.words import label, lines_of
from core.patients.entities import Patient
from core.patients.fields import FieldJson


@frozen
class Row:
    """A field and its lines in both records. `mark` says how they differ; it is empty if they do not."""

    name: str
    label: str
    first: list[str]
    second: list[str]
    mark: str

    @classmethod
    def of(cls, name: str, first: FieldJson, second: FieldJson) -> "Row":
        one, other = (lines_of(name, value) if value is not False else [] for value in (first, second))
        return cls(name, label(name), one, other, "" if first == second else _mark(one, other))


def compare(first: Patient, second: Patient) -> list[Row]:
    """The fields that are not blank in both."""
    one, other = first.to_json(), second.to_json()
    return [Row.of(name, one[name], other[name]) for name in one if _is_compared(name, one, other)]


def _is_compared(name: str, one: Mapping[str, FieldJson], other: Mapping[str, FieldJson]) -> bool:
    return name != "status" and any(record[name] not in (None, False, []) for record in (one, other))


def _mark(first: list[str], second: list[str]) -> str:
    return _("Different") if first and second else _("Only in one")
