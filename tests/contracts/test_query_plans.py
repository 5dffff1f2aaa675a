"""Every search uses a suitable index, and the number of queries does not depend on the number of rows."""

import re
from datetime import date, timedelta
from typing import cast

import pytest
from attrs import fields_dict
from django.db import connections
from django.test.utils import CaptureQueriesContext

from bootstrap import Container
from core.matching.blocking import digests_of
from core.patients.audit import Action, AuditEvent
from core.patients.dates import PartialDate
from core.patients.search import PatientCursor, PatientQuery, Sort
from core.patients.values import Identifier, Sex, Status
from tests.contracts.conftest import POSTGRES, SQLITE
from tests.contracts.examples import person, sql
from tests.fakes import CLERK, NOW
from tests.strategies import uuid7

FILTERS: list[tuple[dict[str, object], str]] = [
    ({}, ""),
    ({"words": (("ada007",),)}, "term"),
    ({"words": (("ada007",), ("byron007",))}, "term"),
    ({"words": (("2015550107", "<7010555102"),)}, "term"),
    ({"words": (("ada007",),), "sort": Sort.NAME}, "term"),
    ({"ids": frozenset({person(7).id, person(8).id})}, "id"),
    ({"status": Status.ARCHIVED}, "status"),
    ({"sex": Sex.FEMALE}, "sex"),
    ({"email": "p7@example.org"}, "email"),
    ({"phone": "+12015550107"}, "phone"),
    ({"date_of_birth": PartialDate("1985-12-17")}, "date_of_birth"),
    ({"date_of_birth": PartialDate("1985-12")}, "date_of_birth"),
    ({"born_after": date(1985, 12, 10), "born_before": date(1985, 12, 12)}, "date_of_birth"),
    ({"identifier": Identifier("mrn", "7")}, "system"),
    ({"identifier": "7"}, "value"),
    ({"external_id": "x7"}, "external_id"),
    ({"created_after": NOW + timedelta(minutes=290)}, "id"),
    ({"created_before": NOW + timedelta(minutes=10)}, "id"),
    ({"after": PatientCursor(person(7).id, 1)}, "id"),
    ({"after": PatientCursor(person(7).id, 1), "status": Status.ARCHIVED}, "status"),
]
ORDERS = [(sort, column) for sort in Sort for column in [{"created_at": "id"}.get(sort.field, sort.field)]]
MIDDLE = PatientCursor(uuid7(NOW + timedelta(minutes=150), 150), 1)
OPEN: list[tuple[dict[str, object], str]] = [
    ({"updated_after": NOW + timedelta(minutes=290)}, "updated_at"),
    ({"born_after": date(1986, 10, 1)}, "date_of_birth"),
    ({"born_before": date(1985, 12, 12)}, "date_of_birth"),
]


@pytest.fixture(autouse=True)
def people(registry: Container, database: str) -> None:
    """300 patients with different values, registered a minute apart."""
    patients = [
        person(
            number,
            id=uuid7(instant, number),
            first_name=f"Ada{number:03}",
            last_name=f"Byron{number:03}",
            phone=f"+1201555{number:04}",
            date_of_birth=PartialDate((date(1985, 12, 10) + timedelta(days=number)).isoformat()),
            identifiers=(Identifier("mrn", str(number)),),
            sex=Sex.FEMALE if number % 100 == 7 else Sex.UNKNOWN,
            status=Status.ARCHIVED if number % 100 == 7 else Status.ACTIVE,
            created_at=instant,
            updated_at=instant,
        )
        for number, instant in ((number, NOW + timedelta(minutes=number)) for number in range(300))
    ]
    assert not registry.atomic()(lambda: registry.patients_for_import().add_all(patients))
    sql(database, "ANALYZE")


def query_of(registry: Container, database: str, filters: dict[str, object]) -> str:
    with CaptureQueriesContext(connections[database]) as captured:
        registry.patient_search().find(PatientQuery(**filters))  # type: ignore[arg-type]
    *before, query = captured.captured_queries
    place = "after" in filters and cast("Sort", filters.get("sort", Sort.NEWEST)).field != "created_at"
    numbers = filters.keys() & {"email", "phone", "external_id", "identifier"}  # looked up among merged records first
    assert len(before) == place + len(numbers)
    return query["sql"]


def plan(database: str, explain: str, query: str) -> list[str]:
    with connections[database].cursor() as cursor:
        cursor.execute(f"{explain} {query}")
        return [str(row[-1]) for row in cursor.fetchall()]


@pytest.mark.parametrize("database", [SQLITE])
def test_sqlite_uses_an_index_for_every_filter(registry: Container, database: str) -> None:
    for filters, column in FILTERS:
        steps = plan(database, "EXPLAIN QUERY PLAN", query_of(registry, database, filters))
        whole = [step for step in steps if step.startswith("SCAN") and (column or "USING INDEX" not in step)]
        assert not whole, (filters, steps)
        assert not column or [step for step in steps if re.search(rf"\b{column}[=<>]", step)], (filters, steps)


@pytest.mark.parametrize("database", [SQLITE])
def test_sqlite_scans_newest_first_for_a_one_sided_range(registry: Container, database: str) -> None:
    """SQLite does not estimate how few rows match, and avoids sorting them."""
    for filters, _ in OPEN:
        steps = plan(database, "EXPLAIN QUERY PLAN", query_of(registry, database, filters))
        assert [step for step in steps if "USING INDEX" in step] == steps


@pytest.mark.parametrize("database", [POSTGRES])
def test_postgresql_uses_an_index_for_every_filter(registry: Container, database: str) -> None:
    assert {name for filters, _ in [*FILTERS, *OPEN] for name in filters} >= fields_dict(PatientQuery).keys() - {
        "limit"
    }
    sql(database, "SET enable_seqscan = off")
    for filters, column in [*FILTERS, *OPEN]:
        steps = plan(database, "EXPLAIN", query_of(registry, database, filters))
        assert not [step for step in steps if "Seq Scan" in step], (filters, steps)
        known = [step for step in steps if re.search(rf"Index Cond: .*\b{column}\b", step)]
        assert not column or known, (filters, steps)
    sql(database, "RESET enable_seqscan")


@pytest.mark.parametrize("database", [SQLITE])
def test_sqlite_sorts_by_an_index(registry: Container, database: str) -> None:
    for sort, column in ORDERS:
        steps = plan(database, "EXPLAIN QUERY PLAN", query_of(registry, database, {"sort": sort}))
        assert [step for step in steps if step.startswith("SCAN") and "INDEX" in step] == steps, (sort, steps)
        after = query_of(registry, database, {"sort": sort, "after": MIDDLE})
        steps = plan(database, "EXPLAIN QUERY PLAN", after)
        assert [step for step in steps if re.search(rf"\b{column}[<>]", step)] == steps, (sort, steps)


@pytest.mark.parametrize("database", [POSTGRES])
def test_postgresql_sorts_by_an_index(registry: Container, database: str) -> None:
    sql(database, "SET enable_seqscan = off")
    for sort, column in ORDERS:
        steps = plan(database, "EXPLAIN", query_of(registry, database, {"sort": sort}))
        assert not [step for step in steps if "Seq Scan" in step or "Sort" in step], (sort, steps)
        steps = plan(database, "EXPLAIN", query_of(registry, database, {"sort": sort, "after": MIDDLE}))
        assert not [step for step in steps if "Seq Scan" in step or "Sort" in step], (sort, steps)
        assert [step for step in steps if re.search(rf"Index Cond: .*\b{column}\b", step)], (sort, steps)
    sql(database, "RESET enable_seqscan")


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_the_number_of_queries_does_not_depend_on_the_page_length(registry: Container, database: str) -> None:
    for filters in [filters for filters, _ in [*FILTERS, *OPEN]]:
        for limit in (1, 50, 200):
            query_of(registry, database, {**filters, "limit": limit})


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_a_history_of_any_length_is_one_query(registry: Container, database: str) -> None:
    for version in (1, 2, 3):
        after = person(1, version=version)
        registry.trail().record([AuditEvent.of(Action.UPDATED, CLERK, NOW, "salt", before=None, after=after)])
    with CaptureQueriesContext(connections[database]) as captured:
        assert len(registry.trail().history(person(1).id, before_version=9, limit=200)) == 3
    assert len(captured) == 1


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_candidates_are_looked_up_by_an_index(registry: Container, database: str) -> None:
    keys = digests_of(registry.patients().get(uuid7(NOW, 0)))
    with CaptureQueriesContext(connections[database]) as captured:
        assert registry.blocking_keys().holders(keys, 10).keys() == keys
    (query,) = captured.captured_queries
    if database == "postgres":
        sql(database, "SET enable_seqscan = off")
        steps = plan(database, "EXPLAIN", query["sql"])
        sql(database, "RESET enable_seqscan")
        assert [step for step in steps if "Bitmap Index Scan on patients_by_match_key" in step]
    else:
        steps = plan(database, "EXPLAIN QUERY PLAN", query["sql"])
        assert not [step for step in steps if step.startswith("SCAN patients")]
