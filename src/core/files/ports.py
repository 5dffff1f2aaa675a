from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from attrs import frozen


@frozen
class Sheet:
    """`content` gives the same CSV at each call, from its beginning."""

    name: str
    content: Callable[[], Iterable[bytes]]


class Spreadsheets(Protocol):
    def as_csv(self, content: Iterable[bytes]) -> AbstractContextManager[Sheet]:
        """The first sheet of an .xlsx or .ods file as CSV in UTF-8, delimited by commas, until the context ends. Each
        row is a record, an empty one a blank line. Dates are YYYY-MM-DD. Numbers have every digit, or an exponent where
        the spreadsheet lost some.

        Raises `ValidationError` with an error of `file`, `Unavailable` while too many are read.
        """
        ...
