"""Reading the change feed while several threads write."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from threading import Event
from uuid import UUID

import pytest
from dependency_injector.providers import Object

from adapters.in_memory.access_log import InMemoryAccessLog
from bootstrap import Container
from core.patients.audit import Action, ChangeCursor, ChangeEntry
from tests.contracts.conftest import MEMORY, POSTGRES, SQLITE, open_registry
from tests.contracts.examples import together
from tests.fakes import ADMIN, READER, details

WRITERS, ROUNDS = 3, 12
EVERYWHERE = pytest.mark.parametrize("database", [MEMORY, SQLITE, POSTGRES])


def write(registry: Container, writer: int, shared: UUID) -> None:
    """Makes four changes in each round, one of them to a patient that every writer changes."""
    update = registry.update_patient()
    for number in range(ROUNDS):
        email = f"{writer}-{number}@example.org"
        patient = registry.register_patient()(actor=ADMIN, **details(email=email))
        update(actor=ADMIN, patient_id=shared, last_name=f"Byron {chr(97 + writer) * (number + 1)}")
        update(actor=ADMIN, patient_id=patient.id, last_name="Lovelace")
        registry.erase_patient()(actor=ADMIN, patient_id=patient.id)


def follow(registry: Container, limit: int, ended: Sequence[Event]) -> list[ChangeEntry]:
    """All changes that a reader gets who starts before the writers and reads until the end."""
    seen: list[ChangeEntry] = []
    after: ChangeCursor | None = None
    while True:
        last = all(one.is_set() for one in ended)
        page = registry.follow_changes()(actor=READER, after=after, limit=limit)
        seen.extend(page.changes)
        after = page.next
        if last and not page.changes:
            return seen


@EVERYWHERE
def test_a_reader_during_many_writes_gets_every_change_once_and_in_order_per_patient(database: str) -> None:
    registry = open_registry(database)
    log = InMemoryAccessLog(registry.store(), registry.sealer())  # no reader waits for its entry
    registry.access_log.override(Object(log))
    shared = registry.register_patient()(actor=ADMIN, **details()).id
    ended = [Event() for _ in range(WRITERS)]

    def work(number: int) -> list[ChangeEntry] | None:
        if number >= WRITERS:
            return follow(registry, (1, 50)[number - WRITERS], ended)
        try:
            write(registry, number, shared)
        finally:
            ended[number].set()
        return None

    *writers, one_by_one, by_fifty = together(WRITERS + 2, work)
    assert writers == [None] * WRITERS
    assert isinstance(by_fifty, list)
    assert one_by_one == by_fifty

    versions: defaultdict[UUID, list[int]] = defaultdict(list)
    for change in by_fifty:
        versions[change.patient_id].append(change.version)
    assert versions.pop(shared) == list(range(1, WRITERS * ROUNDS + 2))
    assert list(versions.values()) == [[1, 2, 3]] * (WRITERS * ROUNDS)
    assert Counter(change.action for change in by_fifty) == {
        Action.REGISTERED: WRITERS * ROUNDS + 1,
        Action.UPDATED: 2 * WRITERS * ROUNDS,
        Action.ERASED: WRITERS * ROUNDS,
    }
    assert [change.position for change in by_fifty] == list(range(1, len(by_fifty) + 1))
