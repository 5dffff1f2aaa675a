"""How a file is to be read, as far as the caller says."""

from collections.abc import Callable, Mapping
from typing import cast

from attrs import field, frozen

from core.errors import FaultList, Refused
from core.patients.entities import SETTABLE
from core.patients.files.dates import parse_date_format
from core.patients.files.encodings import Encoding
from core.patients.files.names import MAX_COLUMN_NAME, field_of, folded
from core.values import choice, paragraphs, yes_or_no

MAX_COLUMNS = 1000

FieldOf = Callable[[str], str | None]
"""Gives the field a column holds, "" for a column that is ignored, None for an unknown one."""


@frozen
class FileOptions:
    """`columns` are names of the file's columns, or members, and the field of each: "" to ignore it. With
    `ignore_unknown`, so are all others that are unknown. Dates are ISO 8601 or as `date_format`, which may be "".
    """

    columns: Mapping[str, str] = field(factory=dict[str, str])
    ignore_unknown: bool = False
    date_format: str = ""

    @classmethod
    def parse(cls, *, columns: object, ignore_unknown: object, date_format: object) -> "FileOptions":
        """`columns` maps names to fields, or to None. It and `date_format` may be None. Raises `Invalid`."""
        faults = FaultList()
        mapped, ignores, dates = dict[str, str](), False, ""
        with faults.noting("columns"):
            mapped = {} if columns is None else _mapping(columns)
        with faults.noting("ignore_unknown"):
            ignores = yes_or_no(ignore_unknown)
        with faults.noting("date_format"):
            dates = "" if date_format is None else parse_date_format(date_format)
        faults.raise_if_any()
        return cls(mapped, ignores, dates)

    def resolver(self) -> FieldOf:
        mapped = {folded(name): target for name, target in self.columns.items()}
        unknown = "" if self.ignore_unknown else None

        def resolve(column: str) -> str | None:
            name = folded(column)
            target = mapped[name] if name in mapped else field_of(column)
            return unknown if target is None else target

        return resolve


AS_IT_STANDS = FileOptions()


def parse_encoding(raw: object) -> Encoding | None:
    """Raises `Refused`. None: it is to be told from the file."""
    return None if raw is None else choice(raw, Encoding)


def _mapping(raw: object) -> dict[str, str]:
    if not isinstance(raw, Mapping):
        raise Refused("type", "Must be an object: names of the file's columns, and the field or null for each.")
    given = cast("Mapping[object, object]", raw)
    if len(given) > MAX_COLUMNS:
        raise Refused("too_long", f"Must name at most {MAX_COLUMNS} columns.")
    faults = FaultList()
    mapped: dict[str, str] = {}
    for name, target in given.items():
        with faults.noting(str(name)):
            mapped[paragraphs(name, MAX_COLUMN_NAME)] = "" if target is None else _field(target)
    faults.raise_if_any()
    return mapped


def _field(raw: object) -> str:
    if raw not in SETTABLE:
        raise Refused("choice", f"Must be one of: {', '.join(SETTABLE)}; or null to ignore the column.")
    return str(raw)
