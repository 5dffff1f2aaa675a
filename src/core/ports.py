"""Ports that every area needs."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol, TypeVar
from uuid import UUID

T = TypeVar("T")


class Clock(Protocol):
    def now(self) -> datetime:
        """This instant, aware and in UTC."""
        ...

    def today(self) -> date:
        """The date in the registry's own time zone, which may differ from the one in UTC."""
        ...


class Ids(Protocol):
    def new(self, at: datetime) -> UUID:
        """A UUIDv7 never given before, whose time is `at`: ids sort as the instants they were made at."""
        ...


class Atomic(Protocol):
    def __call__(self, work: Callable[[], T]) -> T:
        """Do all of `work` or nothing, and return its result.

        A nested call joins the outer one; only the outermost commits. `work` may be run again when the database
        asks for it, so it must have no effect outside the repositories. An error that leaves a nested call dooms the
        whole, even if it is caught: the outermost call then raises `Doomed`. Raises `Unavailable` when the store does
        not answer, or when it is not known whether the commit took effect.
        """
        ...


class Doomed(RuntimeError):
    """A nested piece of work failed, its error was caught, and the rest tried to carry on."""


class NotAtomic(RuntimeError):
    """A record was to be locked outside `Atomic`, where no lock would hold."""
