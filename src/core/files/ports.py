from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from attrs import frozen


@frozen
class Sheet:
    """Each call of `content` returns the same CSV from its beginning."""

    name: str
    content: Callable[[], Iterable[bytes]]


class Spreadsheets(Protocol):
    def as_csv(self, content: Iterable[bytes]) -> AbstractContextManager[Sheet]:
        """Converts the first visible sheet of an .xlsx or .ods file to comma-separated UTF-8, available within the
        context. Each row is a record; an empty row is a blank line. Dates are YYYY-MM-DD. A number has all its digits,
        or an exponent if the spreadsheet has lost some.

        Raises `ValidationError` with an error of `file`, and `Unavailable` while too many spreadsheets are read.
        """
        ...
