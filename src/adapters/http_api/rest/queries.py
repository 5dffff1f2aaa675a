import re
from collections.abc import Iterable

from django.http import QueryDict

from core.errors import ErrorCollector

REPEATED = "Must be sent only once."
_FLAGS = {"count", "drafts", "is_active", "preview", "spreadsheet"}


def read_query(query: QueryDict, names: Iterable[str]) -> dict[str, object]:
    """The parameters of the query string: `limit` and the flags as JSON would have them, the others as text.

    Raises `ValidationError` for unknown and repeated parameters.
    """
    parameters, errors = read_query_collecting(query, names)
    errors.raise_if_any()
    return parameters


def read_query_collecting(query: QueryDict, names: Iterable[str]) -> tuple[dict[str, object], ErrorCollector]:
    """Like `read_query`, but returns the errors, so that the caller raises them together with those of the values."""
    known = set(names)
    errors = ErrorCollector()
    parameters: dict[str, object] = {}
    for name, values in query.lists():
        if name not in known:
            errors.add(name, "unknown", "Unknown parameter.")
        elif len(values) > 1:
            errors.add(name, "repeated", REPEATED)
        else:
            parameters[name] = _typed(name, str(values[0]))
    return parameters, errors


def _typed(name: str, value: str) -> object:
    if name == "limit" and re.fullmatch("[0-9]{1,6}", value):
        return int(value)
    return {"true": True, "false": False}.get(value, value) if name in _FLAGS else value
