"""The form of a record: text in, text out. The core validates; its errors are shown beside the fields."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from django import forms
from django.forms import formset_factory
from django.http import QueryDict
from django.utils.translation import gettext as _

from adapters.web.console.patients.person_forms import DEFAULTED, ESSENTIAL, REQUIRED, ROW_FORMS, PersonForm
from adapters.web.console.words import label
from adapters.web.core_texts import translated
from core.errors import Conflict, FieldError, ValidationError
from core.patients.errors import EmailTaken, ExternalIdTaken
from core.patients.fields import Changes, FieldJson

Row = dict[str, object]
_TAKEN: dict[type[Conflict], str] = {EmailTaken: "email", ExternalIdTaken: "external_id"}
ROW_SETS = {
    name: formset_factory(form, extra=1, max_num=most, absolute_max=most) for name, (form, most) in ROW_FORMS.items()
}


class RowSet(NamedTuple):
    name: str
    label: str
    rows: Any  # a formset, which the stubs make generic by a class that is made here


class RecordForm:
    """Every settable field but the status. `more` names the list that gets another empty row."""

    def __init__(
        self, data: QueryDict | None = None, record: Mapping[str, FieldJson] | None = None, more: str = ""
    ) -> None:
        if data is not None and more in ROW_SETS:
            data = data.copy()
            count = data.get(f"{more}-TOTAL_FORMS", "")
            data[f"{more}-TOTAL_FORMS"] = str(int(count) + 1 if count.isdecimal() and len(count) < 4 else 1)
        record = record or {}
        self.person = PersonForm(data, initial=_texts(record))
        self.lists = {name: rows(data, prefix=name, initial=_rows(record, name)) for name, rows in ROW_SETS.items()}
        self.problems: list[str] = []
        self._kept: dict[str, list[int]] = {}

    @property
    def essential(self) -> list[forms.BoundField]:
        return [self.person[name] for name in ESSENTIAL]

    @property
    def rare(self) -> list[forms.BoundField]:
        return [self.person[name] for name in self.person.fields if name not in ESSENTIAL]

    @property
    def identifiers(self) -> RowSet:
        return RowSet("identifiers", label("identifiers"), self.lists["identifiers"])

    @property
    def rare_lists(self) -> list[RowSet]:
        return [RowSet(name, label(name), rows) for name, rows in self.lists.items() if name != "identifiers"]

    @property
    def shows_rare(self) -> bool:
        return any(field.value() or field.errors for field in self.rare) or any(
            len(rows.rows) > 1 or rows.rows.initial_form_count() for rows in self.rare_lists
        )

    def is_valid(self) -> bool:
        return all(part.is_valid() for part in (self.person, *self.lists.values()))

    def details(self) -> Changes:
        """The values of a valid form, as the use cases take them: None for an empty text, no empty rows."""
        given = {name: (value if value != "" else None) for name, value in self.person.cleaned_data.items()}
        died_on = given.pop("died_on")
        given["deceased"] = died_on or bool(given["deceased"])
        given["sex"] = given["sex"] or "unknown"
        for name, rows in self.lists.items():
            filled = [(at, row) for at, row in enumerate(rows.cleaned_data) if _is_filled(row)]
            self._kept[name] = [at for at, _row in filled]
            given[name] = [_item(row) for _at, row in filled]
        return cast("Changes", given)

    def add_errors(self, invalid: ValidationError) -> None:
        for error in invalid.errors:
            self._add_error(error)

    def add_conflict(self, error: Conflict, message: str) -> None:
        """At the field whose value another patient has, or at the top."""
        name = _TAKEN.get(type(error))
        if name:
            self.person.add_error(name, message)
        else:
            self.problems.append(message)

    def _add_error(self, error: FieldError) -> None:
        name, _dot, rest = error.field.partition(".")
        name = "died_on" if name == "deceased" else name
        if (name, error.code) == ("first_name", "required"):
            self.person.add_error(name, _("A first or a last name is required."))
        elif name in self.person.fields:
            self.person.add_error(name, translated(error.message))
        elif name in self.lists and rest:
            at, _dot, part = rest.partition(".")
            row = self.lists[name].forms[self._kept[name][int(at)]]
            part = part.partition(".")[0]
            row.add_error(part if part in row.fields else None, translated(error.message))
        else:
            self.problems.append(f"{label(name)}: {translated(error.message)}")


def _is_filled(row: Row) -> bool:
    return any(value for name, value in row.items() if name not in DEFAULTED)


def _item(row: Row) -> Row:
    """Without the required members that are empty, which the core then calls missing."""
    item: Row = {name: value or None for name, value in row.items() if value or name not in REQUIRED}
    if "lines" in row:
        item["lines"] = [line.strip() for line in str(row["lines"]).splitlines() if line.strip()]
    return item


def _texts(record: Mapping[str, FieldJson]) -> dict[str, object]:
    died = record.get("deceased", False)
    return {**record, "deceased": bool(died), "died_on": died if isinstance(died, str) else ""}


def _rows(record: Mapping[str, FieldJson], name: str) -> list[Row]:
    items = cast("Sequence[Row]", record.get(name) or ())
    return [
        {**item, "lines": "\n".join(cast("Sequence[str]", item["lines"]))} if "lines" in item else item
        for item in items
    ]
