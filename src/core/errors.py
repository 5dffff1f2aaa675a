"""The roots of every error that crosses a layer. Adapters map these and need to know no other.

Messages are read by callers: they are written in plain words and never contain personal data.
"""

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import ClassVar, TypeVar

from attrs import define, field, frozen

T = TypeVar("T")
Parser = Callable[[object], object]  # raises `Refused`


class RegistryError(Exception):
    """`kind` is stable: it names the problem in logs and in the API's problem types."""

    kind: ClassVar[str] = "error"
    message: ClassVar[str] = "The registry refused this."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class NotFound(RegistryError):
    kind = "not-found"
    message = "There is no such record."


class Conflict(RegistryError):
    """The request is valid, but not with the records as they are."""

    kind = "conflict"
    message = "This contradicts another record."


class Gone(RegistryError):
    """What the caller goes on from is no longer there, and will not be again."""

    kind = "gone"
    message = "This is no longer there."


class VersionMismatch(RegistryError):
    """The record has changed since the caller read it."""

    kind = "version-mismatch"
    message = "The record has changed since it was read. Read it again, then repeat the change."


class Unauthenticated(RegistryError):
    kind = "unauthenticated"
    message = "Sign in first."


class Forbidden(RegistryError):
    kind = "forbidden"
    message = "You may not do this."


class TryLater(RegistryError):
    """`retry_after` says for how long to keep still, where that is known."""

    def __init__(self, message: str | None = None, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(TryLater):
    """Something the registry depends on does not answer."""

    kind = "unavailable"
    message = "The registry cannot answer right now. Try again later."


class RateLimited(TryLater):
    """Somebody asked for fewer calls."""

    kind = "rate-limited"
    message = "Too many calls. Try again later."


class TooManyRequests(RateLimited):
    """The registry itself asks its caller for fewer calls."""

    kind = "too-many-requests"
    message = "Too many requests. Wait, then try again."


class InvalidAnswer(RegistryError):
    """Another system answered with something the registry does not accept."""

    kind = "invalid-answer"
    message = "Another system gave an answer that the registry cannot accept."


MOST_FAULTS = 50
_LONGEST_FIELD = 100
_UNSHOWN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")


def _shown(name: str) -> str:
    """Cut where it is long. A control character or half of a surrogate pair becomes U+FFFD: not every store and answer
    can hold one."""
    cut = name if len(name) <= _LONGEST_FIELD else f"{name[:_LONGEST_FIELD - 1]}…"
    return _UNSHOWN.sub("\ufffd", cut)


@frozen
class Fault:
    """One broken rule. `field` is a name in the caller's input, as far as it can be shown; `code` is stable, `message`
    is for people."""

    field: str = field(converter=_shown)
    code: str
    message: str


class Invalid(RegistryError):
    """The input breaks rules; `faults` holds them, but for `left_out` more where there are many."""

    kind = "invalid"
    message = "Some of the values given are not valid."

    def __init__(self, faults: Iterable[Fault], *, left_out: int = 0) -> None:
        super().__init__()
        self.faults = tuple(faults)
        self.left_out = left_out


class Refused(ValueError):
    """What a value's parser raises: the broken rule, without the field it was found in."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@define
class FaultList:
    """Collects the faults of one input, so that all are reported at once: the first 50, and how many more there are."""

    faults: list[Fault] = field(factory=list[Fault])
    left_out: int = 0

    def add(self, name: str, code: str, message: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(name, code, message))
        else:
            self.left_out += 1

    @contextmanager
    def noting(self, name: str) -> Generator[None]:
        """Notes what is refused inside as a fault of `name`, and the faults of its parts as `name.part`."""
        try:
            yield
        except Refused as refused:
            self.add(name, refused.code, refused.message)
        except Invalid as parts:
            self.extend(parts, f"{name}.")

    def extend(self, others: Invalid, prefix: str = "") -> None:
        for fault in others.faults:
            self.add(f"{prefix}{fault.field}", fault.code, fault.message)
        self.left_out += others.left_out

    def raise_if_any(self) -> None:
        if self.faults:
            raise Invalid(self.faults, left_out=self.left_out)


def parse_one(name: str, parser: Callable[[object], T], raw: object) -> T:
    """What `parser` makes of the one value `raw`. Raises `Invalid` with its fault."""
    try:
        return parser(raw)
    except Refused as refused:
        raise Invalid([Fault(name, refused.code, refused.message)]) from None


def parse_all(
    raw: Mapping[str, object],
    parsers: Mapping[str, Parser],
    *,
    required: Iterable[str] = (),
    faults: FaultList | None = None,
) -> dict[str, object]:
    """What `parsers` make of the values of the same names. Raises `Invalid` with all of `faults`, which the input has
    besides, and every other there is."""
    faults = faults or FaultList()
    parsed: dict[str, object] = {}
    for name in required:
        if name not in raw:
            faults.add(name, "required", "This is required.")
    for name, value in raw.items():
        if name not in parsers:
            faults.add(name, "unknown", "There is no such field.")
            continue
        with faults.noting(name):
            parsed[name] = parsers[name](value)
    faults.raise_if_any()
    return parsed
