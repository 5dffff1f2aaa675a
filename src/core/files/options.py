"""How a file is to be read, as far as the caller says."""

from collections.abc import Callable, Mapping
from typing import cast

from attrs import field, frozen

from core.errors import ErrorCollector, InvalidValue
from core.files.columns import MAX_COLUMN_NAME, field_of, folded
from core.files.dates import parse_date_format
from core.files.encodings import Encoding
from core.patients.entities import SETTABLE
from core.values import parse_bool, parse_enum, parse_multi_line

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
        """`columns` maps names to fields, or to None. It and `date_format` may be None. Raises `ValidationError`."""
        errors = ErrorCollector()
        mapped, ignores, dates = dict[str, str](), False, ""
        with errors.field("columns"):
            mapped = {} if columns is None else _mapping(columns)
        with errors.field("ignore_unknown"):
            ignores = parse_bool(ignore_unknown)
        with errors.field("date_format"):
            dates = "" if date_format is None else parse_date_format(date_format)
        errors.raise_if_any()
        return cls(mapped, ignores, dates)

    def resolver(self) -> FieldOf:
        mapped = {folded(name): target for name, target in self.columns.items()}
        unknown = "" if self.ignore_unknown else None

        def resolve(column: str) -> str | None:
            name = folded(column)
            target = mapped[name] if name in mapped else field_of(column)
            return unknown if target is None else target

        return resolve


DEFAULT_OPTIONS = FileOptions()


def parse_encoding(raw: object) -> Encoding | None:
    """Raises `InvalidValue`. None: it is to be told from the file."""
    return None if raw is None else parse_enum(raw, Encoding)


def _mapping(raw: object) -> dict[str, str]:
    if not isinstance(raw, Mapping):
        raise InvalidValue("type", "Must be an object: names of the file's columns, and the field or null for each.")
    given = cast("Mapping[object, object]", raw)
    if len(given) > MAX_COLUMNS:
        raise InvalidValue("too_long", f"Must name at most {MAX_COLUMNS} columns.")
    errors = ErrorCollector()
    mapped: dict[str, str] = {}
    for name, target in given.items():
        with errors.field(str(name)):
            mapped[parse_multi_line(name, MAX_COLUMN_NAME)] = "" if target is None else _field(target)
    errors.raise_if_any()
    return mapped


def _field(raw: object) -> str:
    if raw not in SETTABLE:
        raise InvalidValue("choice", f"Must be one of: {', '.join(SETTABLE)}; or null to ignore the column.")
    return str(raw)
