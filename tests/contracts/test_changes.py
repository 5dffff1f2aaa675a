from threading import Event, Thread

import pytest
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from bootstrap import Container
from core.patients.audit import Action, AuditEvent, ChangeCursor, ChangeEntry
from core.patients.errors import ChangesRestarted
from tests.contracts.conftest import POSTGRES, Fresh, some
from tests.contracts.examples import person, together
from tests.fakes import ADMIN, CLERK, NOW, READER


def event(number: int, version: int = 1) -> AuditEvent:
    after = person(number, version=version)
    return AuditEvent.of(Action.UPDATED, CLERK, NOW, "salt", before=None, after=after)


def record(registry: Container, *events: AuditEvent) -> None:
    registry.atomic()(lambda: registry.trail().record(events))


def changes(registry: Container, after: int = 0, limit: int = 50) -> tuple[ChangeEntry, ...]:
    return registry.changes().after(after, limit)


def numbers_and_versions(found: tuple[ChangeEntry, ...]) -> list[tuple[int, int]]:
    """The patient number and the version of each change."""
    numbers = {person(number).id: number for number in range(1, 10)}
    return [(numbers[change.patient_id], change.version) for change in found]


def test_a_change_entry_has_every_field_of_its_event_except_the_values(registry: Container) -> None:
    recorded = event(1)
    record(registry, recorded)
    (change,) = changes(registry)
    assert change == ChangeEntry(
        position=1,
        patient_id=recorded.patient_id,
        version=recorded.version,
        action=recorded.action,
        at=recorded.at,
        fields=recorded.fields,
        actor=recorded.actor,
        request_id=recorded.request_id,
        seal=recorded.seal,
    )


def test_changes_of_all_patients_are_in_commit_order(registry: Container) -> None:
    record(registry, event(3, 1))
    record(registry, event(1, 1), event(2, 1))
    record(registry, event(3, 2))
    record(registry, event(1, 2))
    assert numbers_and_versions(changes(registry)) == [(3, 1), (1, 1), (2, 1), (3, 2), (1, 2)]


@some
@given(written=st.lists(st.tuples(st.integers(0, 7), st.integers(1, 5)), max_size=8))
def test_every_reader_gets_each_change_once_in_the_same_order(fresh: Fresh, written: list[tuple[int, int]]) -> None:
    registry, versions, seen = fresh(), 0, list[ChangeEntry]()
    for count, limit in written:
        record(registry, *[event(1, versions + one) for one in range(1, count + 1)])
        versions += count
        page = changes(registry, seen[-1].position if seen else 0, limit)
        assert len(page) == min(limit, versions - len(seen))
        seen.extend(page)
    rest = changes(registry, seen[-1].position if seen else 0, 50)
    assert [change.version for change in (*seen, *rest)] == list(range(1, versions + 1))
    assert changes(registry) == (*seen, *rest)


def test_an_erasure_is_a_change_and_earlier_changes_keep_their_positions(registry: Container) -> None:
    record(registry, event(1, 1), event(2, 1))
    before = changes(registry)
    registry.trail().forget_values(person(1).id)
    record(registry, AuditEvent.erased(CLERK, NOW, person(1)))
    *again, erased = changes(registry)
    assert tuple(again) == before
    assert (erased.patient_id, erased.version, erased.action, erased.fields) == (person(1).id, 2, Action.ERASED, ())


def test_a_rolled_back_event_is_not_in_the_feed_and_leaves_no_gap(registry: Container) -> None:
    def fail() -> None:
        registry.trail().record([event(1)])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        registry.atomic()(fail)
    assert changes(registry) == ()
    record(registry, event(2))
    assert [(change.position, change.patient_id) for change in changes(registry)] == [(1, person(2).id)]


def test_the_position_to_continue_after_may_be_any_number(registry: Container) -> None:
    record(registry, event(1))
    assert numbers_and_versions(changes(registry, -(10**30))) == [(1, 1)]
    assert changes(registry, 10**30) == ()
    assert changes(registry, 2**64 - 1) == ()


def test_the_feed_can_be_read_inside_a_transaction(registry: Container) -> None:
    record(registry, event(1))
    assert numbers_and_versions(registry.atomic()(lambda: changes(registry))) == [(1, 1)]


def test_the_epoch_stays_until_it_is_renewed(registry: Container) -> None:
    epoch = registry.changes().epoch()
    assert registry.changes().epoch() == epoch
    registry.changes().renew_epoch()
    assert registry.changes().epoch() != epoch


def test_simultaneous_first_readers_get_the_same_epoch(registry: Container) -> None:
    epochs = together(4, lambda _: registry.changes().epoch())
    assert epochs == [registry.changes().epoch()] * 4


def test_last_is_the_position_of_the_latest_change_that_was_read(registry: Container) -> None:
    assert registry.changes().last() == 0
    record(registry, event(1, 1), event(1, 2))
    changes(registry)
    assert registry.changes().last() == 2


def test_only_a_cursor_of_the_current_epoch_is_accepted(registry: Container) -> None:
    follow = registry.follow_changes()
    record(registry, event(1))
    before = follow(actor=READER).next
    assert follow(actor=READER, after=before).next == before
    for beyond in (before.position + 1, 2**63, 2**64 - 1):
        with pytest.raises(ChangesRestarted):
            follow(actor=READER, after=ChangeCursor(before.epoch, beyond))
    registry.restart_changes()(actor=ADMIN)
    with pytest.raises(ChangesRestarted):
        follow(actor=READER, after=before)
    with pytest.raises(ChangesRestarted):
        follow(actor=READER, after=ChangeCursor(before.epoch, 0))
    assert numbers_and_versions(follow(actor=READER).changes) == [(1, 1)]


@pytest.mark.parametrize("database", [POSTGRES])
def test_an_event_written_first_and_committed_last_comes_last_and_is_not_skipped(registry: Container) -> None:
    written, commit = Event(), Event()

    def write() -> None:
        registry.trail().record([event(1)])
        written.set()
        assert commit.wait(timeout=30)

    def slowly() -> None:
        try:
            registry.atomic()(write)
        finally:
            connections.close_all()

    slow = Thread(target=slowly)
    slow.start()
    assert written.wait(timeout=30)
    record(registry, event(2))
    seen = changes(registry)
    assert numbers_and_versions(seen) == [(2, 1)]
    commit.set()
    slow.join(timeout=30)
    assert numbers_and_versions(changes(registry, seen[-1].position)) == [(1, 1)]
    assert numbers_and_versions(changes(registry)) == [(2, 1), (1, 1)]


def test_events_recorded_before_the_first_read_are_in_the_feed(registry: Container) -> None:
    for version in range(1, 8):
        record(registry, event(1, version))
    seen = [changes(registry, after, 3) for after in (0, 3, 6)]
    assert [[change.version for change in page] for page in seen] == [[1, 2, 3], [4, 5, 6], [7]]
    assert seen[2] == changes(registry, 6, 1)
