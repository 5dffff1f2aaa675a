"""Reading and writing one JSON object per line."""

import json
from typing import NoReturn, cast

from core.errors import InvalidValue


def read_object(line: bytes) -> dict[str, object]:
    """Raises `InvalidValue` unless the line is one JSON object in UTF-8, without duplicate members, non-finite numbers
    and unpaired surrogates."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise InvalidValue("encoding", "Must be UTF-8, or its encoding must be specified.") from None
    try:
        value = _DECODER.decode(text)
        if "\\u" in text:
            write_json(value)  # raises for an unpaired surrogate
    except (ValueError, RecursionError):  # ValueError: from json, from codecs, or for integers with thousands of digits
        raise _not_an_object() from None
    if not isinstance(value, dict):
        raise _not_an_object()
    return cast("dict[str, object]", value)


def read_list(cell: str) -> list[object]:
    """Raises `InvalidValue` unless the cell is one JSON list."""
    try:
        value = _DECODER.decode(cell)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise InvalidValue("json", "Must be a JSON list.")
    return cast("list[object]", value)


def write_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _not_an_object() -> InvalidValue:
    return InvalidValue("json", "Must be one JSON object per line, without duplicate members.")


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _finite(digits: str) -> float:
    number = float(digits)
    if number - number != 0:
        raise ValueError
    return number


def _constant(name: str) -> NoReturn:
    raise ValueError


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_float=_finite, parse_constant=_constant)
