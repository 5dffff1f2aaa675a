"""The base classes of all errors that cross a layer. Adapters map these classes only.

Callers read the messages. They never contain personal data.
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
    """`kind` is stable. It identifies the problem in logs and in the problem types of the API."""

    kind: ClassVar[str] = "error"
    message: ClassVar[str] = "The request was refused."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class NotFound(RegistryError):
    kind = "not-found"
    message = "There is no such record."


class Conflict(RegistryError):
    """The request is valid but conflicts with the current state of the records."""

    kind = "conflict"
    message = "This contradicts another record."


class Gone(RegistryError):
    """The resource that the caller continues from was removed permanently."""

    kind = "gone"
    message = "The resource no longer exists."


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
    """`retry_after` is the time to wait before the next attempt, None when it is unknown."""

    def __init__(self, message: str | None = None, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(RetryableError):
    """A dependency of the registry does not respond."""

    kind = "unavailable"
    message = "The registry cannot answer right now. Try again later."


class RateLimited(RetryableError):
    """A rate limit was exceeded, here or in another system."""

    kind = "rate-limited"
    message = "Too many calls. Try again later."


class TooManyRequests(RateLimited):
    """The caller exceeded a rate limit of the registry."""

    kind = "too-many-requests"
    message = "Too many requests. Wait, then try again."


class InvalidUpstreamResponse(RegistryError):
    """Another system sent a response that the registry cannot accept."""

    kind = "invalid-answer"
    message = "Another system sent a response that the registry cannot accept."


MAX_ERRORS = 50
_MAX_FIELD_LENGTH = 100
_UNPRINTABLE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")


def _printable(name: str) -> str:
    """Truncates, and puts U+FFFD for control characters and lone surrogates, which some stores cannot hold."""
    truncated = name if len(name) <= _MAX_FIELD_LENGTH else f"{name[:_MAX_FIELD_LENGTH - 1]}…"
    return _UNPRINTABLE.sub("\ufffd", truncated)


@frozen
class FieldError:
    """One violated rule. `field` is the name in the caller's input, made printable. `code` is stable; `message` is for
    people."""

    field: str = field(converter=_printable)
    code: str
    message: str


class ValidationError(RegistryError):
    """The input violates rules. `errors` holds the first 50 violations, `omitted` counts the others."""

    kind = "invalid"
    message = "Some values are invalid."

    def __init__(self, errors: Iterable[FieldError], *, omitted: int = 0) -> None:
        super().__init__()
        self.errors = tuple(errors)
        self.omitted = omitted


class InvalidValue(ValueError):
    """Raised by a parser: the violated rule, without the name of the field."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@define
class ErrorCollector:
    """Collects the errors of one input, so that all are reported together: the first 50, and the number of others."""

    errors: list[FieldError] = field(factory=list[FieldError])
    omitted: int = 0

    def add(self, name: str, code: str, message: str) -> None:
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(FieldError(name, code, message))
        else:
            self.omitted += 1

    @contextmanager
    def field(self, name: str) -> Generator[None]:
        """Catches `InvalidValue` as an error of `name`, and `ValidationError` as errors of `name.part`."""
        try:
            yield
        except InvalidValue as error:
            self.add(name, error.code, error.message)
        except ValidationError as error:
            self.extend(error, f"{name}.")

    def extend(self, others: ValidationError, prefix: str = "") -> None:
        for error in others.errors:
            self.add(f"{prefix}{error.field}", error.code, error.message)
        self.omitted += others.omitted

    def raise_if_any(self) -> None:
        if self.errors:
            raise ValidationError(self.errors, omitted=self.omitted)


def parse_field(name: str, parser: Callable[[object], T], raw: object) -> T:
    """Parses one value. Raises `ValidationError` with one error, for the field `name`."""
    try:
        return parser(raw)
    except InvalidValue as error:
        raise ValidationError([FieldError(name, error.code, error.message)]) from None


def parse_fields(
    raw: Mapping[str, object],
    parsers: Mapping[str, Parser],
    *,
    required: Iterable[str] = (),
    errors: ErrorCollector | None = None,
) -> dict[str, object]:
    """Parses each value with the parser of its name.

    Raises `ValidationError` with all errors: those already in `errors`, missing and unknown fields, invalid values.
    """
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
