"""The caller's options for reading a file."""

from collections.abc import Callable, Mapping
from typing import cast

from attrs import field, frozen

from core.errors import ErrorCollector, InvalidValue
from core.files.columns import MAX_COLUMN_NAME, field_of, normalize_name
from core.files.dates import parse_date_format
from core.files.encodings import Encoding
from core.patients.fields import SETTABLE
from core.values import parse_bool, parse_enum, parse_multi_line

MAX_COLUMNS = 1000

ColumnResolver = Callable[[str], str | None]
"""Returns the field of a column, "" for an ignored column, None for an unknown one."""


@frozen
class FileOptions:
    """`columns` maps names of columns or JSON members to fields, or to "" to ignore them. `ignore_unknown` ignores all
    other unknown ones. Dates are ISO 8601 or `date_format`, if that is not "".
    """

    columns: Mapping[str, str] = field(factory=dict[str, str])
    ignore_unknown: bool = False
    date_format: str = ""

    @classmethod
    def parse(cls, *, columns: object, ignore_unknown: object, date_format: object) -> "FileOptions":
        """`columns` maps names to fields, or to None to ignore them. Raises `ValidationError`."""
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

    def resolver(self) -> ColumnResolver:
        mapped = {normalize_name(name): target for name, target in self.columns.items()}
        unknown = "" if self.ignore_unknown else None

        def resolve(column: str) -> str | None:
            name = normalize_name(column)
            target = mapped[name] if name in mapped else field_of(column)
            return unknown if target is None else target

        return resolve


DEFAULT_OPTIONS = FileOptions()


def parse_encoding(raw: object) -> Encoding | None:
    """None means that the encoding is detected. Raises `InvalidValue`."""
    return None if raw is None else parse_enum(raw, Encoding)


def _mapping(raw: object) -> dict[str, str]:
    if not isinstance(raw, Mapping):
        raise InvalidValue("type", "Must be an object that maps column names to a field or null.")
    columns = cast("Mapping[object, object]", raw)
    if len(columns) > MAX_COLUMNS:
        raise InvalidValue("too_long", f"Must name at most {MAX_COLUMNS} columns.")
    errors = ErrorCollector()
    mapped: dict[str, str] = {}
    for name, target in columns.items():
        with errors.field(str(name)):
            mapped[parse_multi_line(name, MAX_COLUMN_NAME)] = "" if target is None else _field(target)
    errors.raise_if_any()
    return mapped


def _field(raw: object) -> str:
    if raw not in SETTABLE:
        raise InvalidValue("choice", f"Must be one of: {', '.join(SETTABLE)}; or null to ignore the column.")
    return str(raw)
