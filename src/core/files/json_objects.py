"""JSON objects, one a line."""

import json
from typing import NoReturn, cast

from core.errors import InvalidValue


def read_object(line: bytes) -> dict[str, object]:
    """Raises `InvalidValue` for anything else, and for what JSON or UTF-8 has no words for: a member given twice, a
    number that is not finite, half of a surrogate pair."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise InvalidValue("encoding", "Save the file as UTF-8, or say what its encoding is.") from None
    try:
        value = _DECODER.decode(text)
        if "\\u" in text:
            write_json(value)  # raises for half of a surrogate pair
    except (ValueError, RecursionError):  # ValueError: of json, of codecs, and for integers of thousands of digits
        raise _no_object() from None
    if not isinstance(value, dict):
        raise _no_object()
    return cast("dict[str, object]", value)


def write_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _no_object() -> InvalidValue:
    return InvalidValue("json", "Give one JSON object on the line, each member once.")


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
