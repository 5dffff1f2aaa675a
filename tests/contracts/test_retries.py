"""How `DjangoAtomic` handles database failures during the work."""

from collections.abc import Callable, Generator
from threading import Barrier
from typing import NoReturn

import pytest
from attrs import evolve
from django.db import DatabaseError, connections
from django.test.utils import CaptureQueriesContext

from bootstrap import Container
from core.errors import Unavailable
from core.patients.errors import PatientNotFound
from core.patients.ports import PatientRepository
from core.patients.search import PatientQuery
from tests.contracts.conftest import POSTGRES, SQLITE
from tests.contracts.examples import person, service, service_key, sql, together

MAX_ATTEMPTS = 5
on_postgres = pytest.mark.parametrize("database", [POSTGRES])
on_sqlite = pytest.mark.parametrize("database", [SQLITE])


@pytest.fixture(autouse=True)
def reconnected(registry: Container, database: str) -> Generator[None]:
    """Gives the next test a new connection."""
    yield
    connections[database].close()


class Work:
    """Adds patient 1 and then calls `fail` in the first `times` attempts."""

    def __init__(self, patients: PatientRepository, fail: Callable[[], object], times: int = 1) -> None:
        self.attempts = 0
        self._patients, self._fail, self._times = patients, fail, times

    def __call__(self) -> str:
        self.attempts += 1
        self._patients.add(person(1))
        if self.attempts <= self._times:
            self._fail()
        return "done"


def lose_the_connection() -> None:
    sql("postgres", "SELECT pg_terminate_backend(pg_backend_pid())")


def serialization_failure() -> None:
    sql("postgres", "DO $$ BEGIN RAISE EXCEPTION 'try again' USING ERRCODE = 'serialization_failure'; END $$")


def time_out() -> None:
    sql("postgres", "SET LOCAL statement_timeout = '5ms'; SELECT pg_sleep(10)")


def write_past_the_lock() -> None:
    """Writes like another process while this one holds the lock: SQLite reports that the database is locked."""
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 1")
            cursor.execute("DELETE FROM patients_patient")
    finally:
        other.close()


@on_postgres
@pytest.mark.parametrize("fail", [lose_the_connection, serialization_failure])
@pytest.mark.parametrize("times", [1, MAX_ATTEMPTS - 1])
def test_serialization_failures_and_deadlocks_are_retried(
    registry: Container, fail: Callable[[], None], times: int
) -> None:
    work = Work(registry.patients(), fail, times)
    assert registry.atomic()(work) == "done"
    assert work.attempts == times + 1
    assert registry.patients().get(person(1).id) == person(1)


@on_sqlite
def test_a_locked_sqlite_database_is_retried(registry: Container) -> None:
    work = Work(registry.patients(), write_past_the_lock)
    assert registry.atomic()(work) == "done"
    assert work.attempts == 2
    assert registry.patients().get(person(1).id) == person(1)


@on_postgres
def test_after_five_attempts_unavailable_is_raised(registry: Container) -> None:
    work = Work(registry.patients(), lose_the_connection, times=100)
    with pytest.raises(Unavailable):
        registry.atomic()(work)
    assert work.attempts == MAX_ATTEMPTS
    with pytest.raises(PatientNotFound):
        registry.patients().get(person(1).id)


@on_postgres
def test_a_statement_timeout_is_unavailable_and_not_retried(registry: Container) -> None:
    work = Work(registry.patients(), time_out)
    with pytest.raises(Unavailable):
        registry.atomic()(work)
    assert work.attempts == 1


@on_postgres
def test_a_programming_error_is_not_retried(registry: Container) -> None:
    work = Work(registry.patients(), lambda: sql("postgres", "SELECT nothing FROM nowhere"))
    with pytest.raises(DatabaseError):
        registry.atomic()(work)
    assert work.attempts == 1


@on_postgres
def test_only_the_outermost_transaction_retries(registry: Container) -> None:
    atomic, inner = registry.atomic(), Work(registry.patients(), lose_the_connection)
    outer = Work(registry.patients(), lambda: None)

    def work() -> str:
        registry.patients().add(person(2))
        outer.attempts += 1
        return atomic(inner)

    assert atomic(work) == "done"
    assert (outer.attempts, inner.attempts) == (2, 2)
    assert registry.patients().get(person(2).id) == person(2)


def lose_the_connection_while_idle() -> None:
    pid = connections["postgres"].connection.info.backend_pid
    other = connections["postgres"].copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()


@on_postgres
def test_a_connection_lost_while_idle_is_reopened(registry: Container) -> None:
    registry.patients().add(person(1))
    lose_the_connection_while_idle()
    assert registry.atomic()(lambda: registry.patients().lock(person(1).id)) == person(1)


@on_postgres
def test_a_connection_lost_outside_atomic_is_unavailable_once(registry: Container) -> None:
    registry.patients().add(person(1))
    lose_the_connection_while_idle()
    with pytest.raises(Unavailable):
        registry.patient_search().find(PatientQuery())
    assert registry.patient_search().find(PatientQuery()).patients == (person(1),)
    lose_the_connection_while_idle()
    with pytest.raises(Unavailable):
        registry.patient_search().find(PatientQuery())
    assert registry.atomic()(lambda: registry.patients().lock(person(1).id)) == person(1)


@on_postgres
def test_a_look_up_of_one_record_reconnects(registry: Container) -> None:
    registry.patients().add(person(1))
    lose_the_connection_while_idle()
    assert registry.patients().get(person(1).id) == person(1)
    account = service(keys=(service_key(),))
    registry.service_accounts().add(account)
    lose_the_connection_while_idle()
    assert registry.service_accounts().get_by_key(service_key().id) == account


@on_postgres
def test_two_transactions_locking_in_opposite_order_both_finish(registry: Container) -> None:
    patients, atomic = registry.patients(), registry.atomic()
    for number in (0, 1):
        patients.add(person(number))
    both_hold_one, attempts = Barrier(2), [0, 0]

    def cross(number: int) -> str:
        def work() -> str:
            attempts[number] += 1
            sql("postgres", "SET LOCAL deadlock_timeout = '20ms'")
            for one in (number, 1 - number):
                before = patients.lock(person(one).id)
                patients.replace(before, evolve(before, version=before.version + 1))
                if attempts[number] == 1 and one == number:
                    both_hold_one.wait(timeout=30)
            return "done"

        return atomic(work)

    assert together(2, cross) == ["done", "done"]
    assert sum(attempts) == 3
    assert [patients.get(person(number).id).version for number in (0, 1)] == [3, 3]


def fail() -> NoReturn:
    raise ZeroDivisionError


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_an_error_raised_by_the_work_is_not_retried(registry: Container) -> None:
    work = Work(registry.patients(), fail)
    with pytest.raises(ZeroDivisionError):
        registry.atomic()(work)
    assert work.attempts == 1


@on_postgres
def test_a_record_locked_by_others_is_unavailable_after_the_lock_timeout(registry: Container) -> None:
    registry.patients().add(person(1))
    other = connections["postgres"].copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN; SELECT 1 FROM patients_patient FOR UPDATE")
        with pytest.raises(Unavailable):
            registry.atomic()(lambda: registry.patients().lock(person(1).id))
    finally:
        other.close()


@on_postgres
def test_a_read_only_database_is_unavailable_for_writes(registry: Container) -> None:
    sql("postgres", "SET default_transaction_read_only = on")
    with pytest.raises(Unavailable):
        registry.atomic()(lambda: registry.patients().add(person(1)))


@on_postgres
def test_a_look_up_that_times_out_is_not_retried(registry: Container) -> None:
    other = connections["postgres"].copy()
    sql("postgres", "SET lock_timeout = '50ms'")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE patients_patient")
        with CaptureQueriesContext(connections["postgres"]) as tried, pytest.raises(Unavailable):
            registry.patients().get(person(1).id)
        assert len(tried) == 1
    finally:
        other.close()
