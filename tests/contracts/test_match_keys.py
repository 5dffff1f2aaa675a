"""The stored blocking keys, on each database."""

from uuid import UUID

import pytest
from django.db import connections

from bootstrap import Container
from core.matching.blocking import digests_of
from core.patients.entities import Patient
from tests.contracts.conftest import POSTGRES, SQLITE
from tests.contracts.examples import person, sql

ADA, FORMERLY, LATER = (person(phone=f"+1201555012{number}") for number in range(3))


@pytest.fixture(params=[SQLITE, POSTGRES])
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def ada(registry: Container, database: str) -> Patient:
    """Stored with keys that her record does not give, as if an earlier release had made them by other rules."""
    registry.atomic()(lambda: registry.patients().add(FORMERLY))
    sql(database, f"UPDATE patients_patient SET phone = '{ADA.phone}'")
    return ADA


def holders(registry: Container, *patients: Patient) -> dict[bytes, frozenset[UUID]]:
    digests = frozenset[bytes]().union(*map(digests_of, patients))
    return dict(registry.blocking_keys().holders(digests, 10))


def test_a_change_replaces_the_keys_that_are_stored(registry: Container, ada: Patient) -> None:
    registry.atomic()(lambda: registry.patients().replace(ada, LATER))
    assert holders(registry, FORMERLY, LATER) == dict.fromkeys(digests_of(LATER), frozenset({ada.id}))


def test_erasing_a_patient_removes_the_keys_that_are_stored(registry: Container, ada: Patient) -> None:
    other = person(2)
    registry.atomic()(lambda: registry.patients().add(other))
    registry.atomic()(lambda: registry.patients().remove(ada.id))
    assert holders(registry, FORMERLY, other) == dict.fromkeys(digests_of(other), frozenset({other.id}))


def test_more_digests_than_fit_in_one_query_are_looked_up(registry: Container, ada: Patient) -> None:
    unknown = frozenset(number.to_bytes(8, "big") for number in range(1000))
    found = registry.blocking_keys().holders(unknown | digests_of(FORMERLY), 10)
    assert found.keys() == digests_of(FORMERLY)


@pytest.mark.parametrize("database", [SQLITE])
def test_keys_on_sqlite_are_in_one_tree(registry: Container, database: str) -> None:
    with connections[database].cursor() as cursor:
        cursor.execute("SELECT wr FROM pragma_table_list WHERE name = 'patients_matchkey'")
        assert cursor.fetchall() == [(1,)]
