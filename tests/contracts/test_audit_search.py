"""Audit events of all patients are found by every filter, newest first, by an index."""

import re
from datetime import timedelta

import pytest
from attrs import evolve, fields_dict
from django.db import connections
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from bootstrap import Container
from core.audit.search import AuditCursor, AuditQuery
from core.patients.audit import Action, AuditEvent
from tests.contracts.conftest import POSTGRES, SQLITE, Fresh, some
from tests.contracts.examples import person, sql
from tests.contracts.test_changes import record
from tests.contracts.test_query_plans import plan
from tests.fakes import CLERK, NOW

HOUR = timedelta(hours=1)


def event(number: int, version: int = 1, **changes: object) -> AuditEvent:
    made = AuditEvent.of(
        Action.UPDATED, CLERK, NOW, "salt", before=person(number), after=person(number, version=version, phone=None)
    )
    return evolve(made, **changes)


FIRST, SECOND, THIRD = (
    event(1, actor="user:1"),
    event(1, 2, at=NOW + HOUR, actor="user:2", action=Action.MERGED),
    event(2, at=NOW + 2 * HOUR, actor="user:1", action=Action.ERASED, values=None, digest="", fields=()),
)


def find(registry: Container, *, before: AuditCursor | None = None, limit: int = 10, **filters: object) -> list[object]:
    query = AuditQuery(**filters)  # type: ignore[arg-type]  # each test gives the types of its filter
    return list(registry.audit_search().find(query, before=before, limit=limit))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [THIRD, SECOND, FIRST]),
        ({"actor": "user:1"}, [THIRD, FIRST]),
        ({"patient_id": person(1).id}, [SECOND, FIRST]),
        ({"action": Action.MERGED}, [SECOND]),
        ({"since": NOW + HOUR}, [THIRD, SECOND]),
        ({"until": NOW + HOUR}, [FIRST]),
        ({"actor": "user:1", "since": NOW + HOUR}, [THIRD]),
        ({"patient_id": person(2).id, "action": Action.MERGED}, []),
    ],
)
def test_events_are_found_by_every_filter_newest_first(
    registry: Container, filters: dict[str, object], expected: list[AuditEvent]
) -> None:
    record(registry, THIRD, FIRST, SECOND)
    found = find(registry, **filters)  # type: ignore[arg-type]  # as above
    assert found == expected


@some
@given(
    versions=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=1, unique=True), limit=st.integers(1, 4)
)
def test_pages_have_each_event_once_also_of_one_time(fresh: Fresh, versions: list[tuple[int, int]], limit: int) -> None:
    registry = fresh()
    recorded = [event(*one, at=NOW + (one[1] % 2) * HOUR) for one in versions]
    record(registry, *recorded)
    pages: list[AuditEvent] = []
    cursor = None
    while page := registry.audit_search().find(AuditQuery(), before=cursor, limit=limit):
        pages += page
        cursor = AuditCursor(page[-1].at, page[-1].patient_id, page[-1].version)
    assert pages == sorted(recorded, key=lambda one: (one.at, one.patient_id, one.version), reverse=True)


MIDDLE = AuditCursor(NOW + 150 * HOUR, person(1).id, 151)
PLANS: list[tuple[dict[str, object], str]] = [
    ({}, ""),
    ({"actor": "user:7"}, "actor"),
    ({"action": Action.ERASED}, "action"),
    ({"patient_id": person(7).id}, "patient_id"),
    ({"since": NOW + 290 * HOUR}, "at"),
    ({"until": NOW + 10 * HOUR}, "at"),
    ({"before": MIDDLE}, "at"),
    ({"before": MIDDLE, "actor": "user:7"}, "actor"),
]


def query_of(registry: Container, database: str, filters: dict[str, object]) -> str:
    with CaptureQueriesContext(connections[database]) as captured:
        find(registry, **filters)  # type: ignore[arg-type]  # each test gives the types of its filter
    [query] = captured.captured_queries
    return query["sql"]


@pytest.fixture
def many(registry: Container, database: str) -> None:
    actions = {7: Action.ERASED}
    record(
        registry,
        *[
            event(
                number % 10,
                number + 1,
                at=NOW + number * HOUR,
                actor=f"user:{number % 50}",
                action=actions.get(number % 100, Action.UPDATED),
            )
            for number in range(300)
        ],
    )
    sql(database, "ANALYZE")


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("database", [SQLITE])
def test_sqlite_finds_audit_events_by_an_index(registry: Container, database: str) -> None:
    for filters, column in PLANS:
        steps = plan(database, "EXPLAIN QUERY PLAN", query_of(registry, database, filters))
        assert not [step for step in steps if step.startswith("SCAN") and "USING INDEX" not in step], (filters, steps)
        assert not column or [step for step in steps if re.search(rf"\b{column}[=<>]", step)], (filters, steps)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("database", [POSTGRES])
def test_postgresql_finds_audit_events_by_an_index(registry: Container, database: str) -> None:
    assert {name for filters, _ in PLANS for name in filters} >= fields_dict(AuditQuery).keys()
    sql(database, "SET enable_seqscan = off")
    for filters, column in PLANS:
        steps = plan(database, "EXPLAIN", query_of(registry, database, filters))
        assert not [step for step in steps if "Seq Scan" in step], (filters, steps)
        assert not column or [step for step in steps if re.search(rf"Index Cond: .*\b{column}\b", step)], (
            filters,
            steps,
        )
