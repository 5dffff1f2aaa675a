"""What other transactions see and may do during a transaction."""

from threading import Event, Thread

import pytest
from attrs import evolve
from django.db import connections

from bootstrap import Container
from core.patients.entities import Patient
from core.patients.errors import PatientNotFound
from core.ports import TransactionRequired
from tests.contracts.examples import person, together


def test_a_lock_is_released_at_the_end_of_the_transaction(registry: Container) -> None:
    registry.patients().add(person(1))
    registry.atomic()(lambda: registry.patients().lock(person(1).id))
    with pytest.raises(TransactionRequired):
        registry.patients().lock(person(1).id)


def test_uncommitted_changes_are_invisible_to_others(registry: Container) -> None:
    seen: list[Patient | None] = []
    asking = Event()

    def ask() -> None:
        asking.set()
        try:
            seen.append(registry.patients().get(person(1).id))
        except PatientNotFound:
            seen.append(None)
        finally:
            connections.close_all()

    other = Thread(target=ask)

    def work() -> None:
        registry.patients().add(person(1))
        other.start()
        assert asking.wait(timeout=30)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        registry.atomic()(work)
    other.join(timeout=30)
    assert seen == [None]


def test_no_locked_update_is_lost(registry: Container) -> None:
    patients, atomic = registry.patients(), registry.atomic()
    patients.add(person(1))

    def count_up() -> None:
        before = patients.lock(person(1).id)
        patients.replace(before, evolve(before, version=before.version + 1))

    def ten_times(_: int) -> None:
        for _ in range(10):
            atomic(count_up)

    assert together(2, ten_times) == [None, None]
    assert patients.get(person(1).id).version == 21
