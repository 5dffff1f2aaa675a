"""Ports for tests: a clock that stands still, sequential ids, an upstream with scripted responses."""

from collections.abc import Callable, Generator, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from dependency_injector.providers import Object

from bootstrap import Container
from core.access import Actor, Role
from core.errors import InvalidUpstreamResponse, Unavailable
from core.patients.fields import Changes, Registration
from core.ports import Clock, IdGenerator
from core.sync.merge import UpstreamDocument
from core.sync.ports import FetchResult, PatientGateway
from tests.strategies import uuid7

NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
ADMIN, CLERK, READER, AUTHOR, EDITOR = (
    Actor(f"user:{role}", role.permissions, f"request of {role}")
    for role in (Role.ADMIN, Role.CLERK, Role.READER, Role.AUTHOR, Role.EDITOR)
)
OTHER_AUTHOR = Actor("user:another author", Role.AUTHOR.permissions, "request of another author")
ANONYMOUS = Actor.anonymous("request of anybody")

Answer = Mapping[str, object] | Exception | None


class StillClock(Clock):
    def __init__(self, at: datetime = NOW, time_zone: str = "UTC") -> None:
        self.at = at
        self._time_zone = ZoneInfo(time_zone)

    def now(self) -> datetime:
        return self.at

    def today(self) -> date:
        return self.at.astimezone(self._time_zone).date()

    def forward(self, span: timedelta) -> None:
        self.at += span


class IdsInSequence(IdGenerator):
    def __init__(self) -> None:
        self._given = 0

    def new(self, at: datetime) -> UUID:
        self._given += 1
        return uuid7(at, self._given)


class Failing(Unavailable):
    """A failure of one record. Any other `Unavailable` stops a bulk fetch."""


class ScriptedGateway(PatientGateway):
    """Returns or raises the answer in `by_id`, else `answer`. Calls `meanwhile` during each fetch."""

    def __init__(self) -> None:
        self.answer: Answer = None
        self.by_id: dict[str, Answer] = {}
        self.meanwhile: Callable[[], object] = lambda: None
        self.asked: list[tuple[str, str]] = []

    def fetch(self, external_id: str, *, request_id: str) -> UpstreamDocument | None:
        self.asked.append((external_id, request_id))
        self.meanwhile()
        answer = self.by_id.get(external_id, self.answer)
        if isinstance(answer, Exception):
            raise answer
        return None if answer is None else UpstreamDocument(answer)

    def fetch_all(self, external_ids: Iterable[str], *, request_id: str) -> Generator[tuple[str, FetchResult]]:
        for external_id in external_ids:
            try:
                yield external_id, self.fetch(external_id, request_id=request_id)
            except (Failing, InvalidUpstreamResponse) as failure:
                yield external_id, failure


def equip(registry: Container, clock: Clock, gateway: PatientGateway, ids: IdGenerator | None = None) -> Container:
    registry.clock.override(Object(clock))
    registry.gateway.override(Object(gateway))
    if ids is not None:
        registry.ids.override(Object(ids))
    return registry


def details(**given: object) -> Registration:
    """A valid registration, with any given values replaced."""
    valid = {"first_name": "Ada", "last_name": "Byron", "email": "ada@example.org", "date_of_birth": "1985-12-10"}
    return cast("Registration", valid | given)


def birth_date(number: int) -> str:
    """Different ones, for people who would all look alike."""
    return f"{1930 + number % 60}-12-{1 + number % 31:02}"


def anything(**given: object) -> Changes:
    """Changes that may break the types, like those of an untyped caller."""
    return cast("Changes", given)
