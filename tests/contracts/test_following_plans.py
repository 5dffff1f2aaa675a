"""The change feed uses indexes for events without a position and for pages, and full pages write nothing."""

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from bootstrap import Container
from tests.contracts.conftest import POSTGRES, SQLITE
from tests.contracts.examples import sql
from tests.contracts.test_changes import changes, event, record
from tests.contracts.test_query_plans import plan

NUMBERED, ALL = 1000, 1020


@pytest.fixture(autouse=True)
def events(registry: Container, database: str) -> None:
    """Only the last events have no position."""
    record(registry, *[event(1, version) for version in range(1, NUMBERED + 1)])
    changes(registry, limit=NUMBERED)
    record(registry, *[event(1, version) for version in range(NUMBERED + 1, ALL + 1)])
    sql(database, "ANALYZE")


def statements(registry: Container, database: str, after: int, limit: int) -> list[str]:
    with CaptureQueriesContext(connections[database]) as captured:
        changes(registry, after, limit)
    queries = [query["sql"].strip() for query in captured.captured_queries]
    return [query for query in queries if query.startswith(("SELECT", "UPDATE"))]


@pytest.mark.parametrize("database", [SQLITE])
def test_sqlite_reads_the_next_changes_from_an_index(registry: Container, database: str) -> None:
    page, waiting, number, again = statements(registry, database, NUMBERED - 5, 10)
    assert page == again
    assert [step for step in plan(database, "EXPLAIN QUERY PLAN", page) if "(position>?)" in step]
    steps = plan(database, "EXPLAIN QUERY PLAN", number)
    found = [step for step in steps if step.endswith("USING INDEX patients_event_unnumbered")]
    assert [step for step in steps if step.startswith("SCAN patients_patientevent")] == found != []
    assert [step for step in plan(database, "EXPLAIN QUERY PLAN", waiting) if "patients_event_unnumbered" in step]
    assert [step for step in steps if "patients_event_position_unique (position>?)" in step], steps


@pytest.mark.parametrize("database", [POSTGRES])
def test_postgresql_reads_the_next_changes_from_an_index(registry: Container, database: str) -> None:
    page, waiting, lock, number, again = statements(registry, database, NUMBERED - 5, 10)
    assert page == again
    assert "advisory" in lock
    assert [step for step in plan(database, "EXPLAIN", waiting) if "using patients_event_unnumbered" in step]
    assert [step for step in plan(database, "EXPLAIN", page) if 'Index Cond: ("position" > ' in step]
    steps = plan(database, "EXPLAIN", number)
    assert [step for step in steps if "using patients_event_unnumbered" in step], steps
    assert not [step for step in steps if "Seq Scan" in step], steps


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_a_full_page_of_changes_is_one_query(registry: Container, database: str) -> None:
    (query,) = statements(registry, database, NUMBERED - 10, 10)
    assert query.startswith("SELECT")
