from datetime import timedelta
from threading import Thread
from typing import Any, cast
from uuid import UUID

import pytest
from attrs import evolve
from django.db import connections
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from adapters.django_orm.access_log.repository import DjangoAccessLog
from bootstrap import Container
from core.access_log.entities import AccessAction, AccessCursor, AccessEntry, AccessQuery
from core.seals import Sealer
from tests import strategies
from tests.contracts.conftest import POSTGRES, SQLITE, Fresh, some
from tests.contracts.examples import sql
from tests.contracts.test_query_plans import plan
from tests.fakes import NOW

pytestmark = pytest.mark.ports("access_log", "access_entries")

ONE, OTHER = UUID(int=1), UUID(int=2)
VIEW = AccessEntry(at=NOW, actor="user:1", action=AccessAction.PATIENT_VIEWED, patient_id=ONE)
SEARCH = AccessEntry(at=NOW, actor="user:2", action=AccessAction.PATIENTS_SEARCHED, count=3, detail="d")


def record(registry: Container, *entries: AccessEntry) -> None:
    for entry in entries:
        registry.access_log().record(entry)


def found(registry: Container, *, before: AccessCursor | None = None, limit: int = 10, **filters: object) -> list[int]:
    query = AccessQuery(**filters)  # type: ignore[arg-type]  # each test gives the types of its filter
    return [entry.number for entry in registry.access_entries().find(query, before=before, limit=limit)]


@some
@given(
    at=strategies.instants(),
    action=st.sampled_from(AccessAction),
    patient_id=st.none() | st.uuids(),
    count=st.none() | st.integers(0, 2**31 - 1),
)
def test_find_returns_every_field_that_was_recorded(
    fresh: Fresh, at: object, action: AccessAction, patient_id: UUID | None, count: int | None
) -> None:
    entry = evolve(VIEW, at=at, action=action, patient_id=patient_id, count=count, address="::1", request_id="r")
    registry = fresh()
    record(registry, entry)
    (stored,) = registry.access_entries().find(AccessQuery(), before=None, limit=2)
    assert evolve(stored, seal="") == evolve(entry, number=1)
    assert type(stored.action) is AccessAction


def test_find_returns_the_newest_first_a_page_at_a_time(registry: Container) -> None:
    record(registry, *[VIEW] * 5)
    assert found(registry, limit=2) == [5, 4]
    assert found(registry, before=AccessCursor(NOW, 4), limit=2) == [3, 2]
    assert found(registry, before=AccessCursor(NOW, 2), limit=2) == [1]
    assert found(registry, before=AccessCursor(NOW, 1)) == []


def test_an_entry_that_was_stored_late_is_listed_by_its_time(registry: Container) -> None:
    later = NOW + timedelta(hours=1)
    record(registry, evolve(VIEW, at=later), VIEW, evolve(VIEW, at=later))
    assert found(registry) == [3, 1, 2]
    assert found(registry, before=AccessCursor(later, 1)) == [2]
    assert [entry.number for entry in registry.access_entries().after(1, 10)] == [2, 3]


@pytest.mark.parametrize(
    ("name", "value", "numbers"),
    [
        ("actor", "user:2", [2]),
        ("patient_id", ONE, [3, 1]),
        ("patient_id", OTHER, []),
        ("action", AccessAction.PATIENTS_SEARCHED, [2]),
        ("since", NOW + timedelta(hours=1), [3]),
        ("until", NOW + timedelta(hours=1), [2, 1]),
    ],
)
def test_find_filters(registry: Container, name: str, value: object, numbers: list[int]) -> None:
    record(registry, VIEW, SEARCH, evolve(VIEW, at=NOW + timedelta(hours=1)))
    assert found(registry, **cast("Any", {name: value})) == numbers


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_processes_that_record_at_once_leave_no_gap(registry: Container, database: str) -> None:
    log = DjangoAccessLog(Sealer(("k" * 50,)), database)

    def append() -> None:
        for _ in range(10):
            log.append([VIEW, SEARCH])
        connections[database].close()

    threads = [Thread(target=append) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found(registry, limit=100) == list(range(80, 0, -1))


def test_who_was_opened_last_is_read_from_an_index_of_views(registry: Container, database: str) -> None:
    """Each patient once, newest first, of the last views of the actor."""
    views = [evolve(VIEW, at=NOW + timedelta(seconds=number), patient_id=UUID(int=number % 3)) for number in range(7)]
    hidden = [evolve(SEARCH, actor="user:1"), evolve(VIEW, actor="user:2", at=NOW + timedelta(days=1))]
    record(registry, *views, *hidden)
    entries = registry.access_entries()
    assert entries.opened_by("user:1", 3) == (UUID(int=0), UUID(int=2), UUID(int=1))
    assert entries.opened_by("user:1", 2) == (UUID(int=0), UUID(int=2))
    assert entries.opened_by("user:3", 3) == ()
    if database:
        cast("DjangoAccessLog", entries).append([evolve(SEARCH, actor=f"user:{number % 9}") for number in range(1000)])
        sql(database, "ANALYZE")
        with CaptureQueriesContext(connections[database]) as captured:
            entries.opened_by("user:1", 3)
        explain = "EXPLAIN QUERY PLAN" if database == "default" else "EXPLAIN"
        steps = plan(database, explain, captured.captured_queries[0]["sql"])
        assert [step for step in steps if "access_by_viewer" in step], steps
