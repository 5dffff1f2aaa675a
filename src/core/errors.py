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
Parser = Callable[[object], object]  # raises `InvalidValue`


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


class RetryableError(RegistryError):
    """`retry_after` says for how long to keep still, where that is known."""

    def __init__(self, message: str | None = None, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(RetryableError):
    """Something the registry depends on does not answer."""

    kind = "unavailable"
    message = "The registry cannot answer right now. Try again later."


class RateLimited(RetryableError):
    """Somebody asked for fewer calls."""

    kind = "rate-limited"
    message = "Too many calls. Try again later."


class TooManyRequests(RateLimited):
    """The registry itself asks its caller for fewer calls."""

    kind = "too-many-requests"
    message = "Too many requests. Wait, then try again."


class InvalidUpstreamResponse(RegistryError):
    """Another system answered with something the registry does not accept."""

    kind = "invalid-answer"
    message = "Another system gave an answer that the registry cannot accept."


MAX_ERRORS = 50
_MAX_FIELD_LENGTH = 100
_UNSHOWN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")


def _shown(name: str) -> str:
    """Cut where it is long. A control character or half of a surrogate pair becomes U+FFFD: not every store and answer
    can hold one."""
    cut = name if len(name) <= _MAX_FIELD_LENGTH else f"{name[:_MAX_FIELD_LENGTH - 1]}…"
    return _UNSHOWN.sub("\ufffd", cut)


@frozen
class FieldError:
    """One broken rule. `field` is a name in the caller's input, as far as it can be shown; `code` is stable, `message`
    is for people."""

    field: str = field(converter=_shown)
    code: str
    message: str


class ValidationError(RegistryError):
    """The input breaks rules; `errors` holds them, but for `left_out` more where there are many."""

    kind = "invalid"
    message = "Some of the values given are not valid."

    def __init__(self, errors: Iterable[FieldError], *, left_out: int = 0) -> None:
        super().__init__()
        self.errors = tuple(errors)
        self.left_out = left_out


class InvalidValue(ValueError):
    """What a value's parser raises: the broken rule, without the field it was found in."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@define
class ErrorCollector:
    """Collects the errors of one input, so that all are reported at once: the first 50, and how many more there are."""

    errors: list[FieldError] = field(factory=list[FieldError])
    left_out: int = 0

    def add(self, name: str, code: str, message: str) -> None:
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(FieldError(name, code, message))
        else:
            self.left_out += 1

    @contextmanager
    def field(self, name: str) -> Generator[None]:
        """Notes what is refused inside as an error of `name`, and the errors of its parts as `name.part`."""
        try:
            yield
        except InvalidValue as refused:
            self.add(name, refused.code, refused.message)
        except ValidationError as parts:
            self.extend(parts, f"{name}.")

    def extend(self, others: ValidationError, prefix: str = "") -> None:
        for error in others.errors:
            self.add(f"{prefix}{error.field}", error.code, error.message)
        self.left_out += others.left_out

    def raise_if_any(self) -> None:
        if self.errors:
            raise ValidationError(self.errors, left_out=self.left_out)


def parse_one(name: str, parser: Callable[[object], T], raw: object) -> T:
    """What `parser` makes of the one value `raw`. Raises `ValidationError` with its error."""
    try:
        return parser(raw)
    except InvalidValue as refused:
        raise ValidationError([FieldError(name, refused.code, refused.message)]) from None


def parse_all(
    raw: Mapping[str, object],
    parsers: Mapping[str, Parser],
    *,
    required: Iterable[str] = (),
    errors: ErrorCollector | None = None,
) -> dict[str, object]:
    """What `parsers` make of the values of the same names. Raises `ValidationError` with all of `errors`, which the
    input has besides, and every other there is."""
    errors = errors or ErrorCollector()
    parsed: dict[str, object] = {}
    for name in required:
        if name not in raw:
            errors.add(name, "required", "This field is required.")
    for name, value in raw.items():
        if name not in parsers:
            errors.add(name, "unknown", "Unknown field.")
            continue
        with errors.field(name):
            parsed[name] = parsers[name](value)
    errors.raise_if_any()
    return parsed
