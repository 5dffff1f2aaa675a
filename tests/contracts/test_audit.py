"""Audit rows that somebody changes in the store, without the key, are found."""

from collections.abc import Callable, Collection
from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve, frozen
from dependency_injector.providers import Object
from django.apps import apps
from django.db import DatabaseError, connections

from bootstrap import Container
from core.access_log.entities import append
from core.audit.entities import AuditReport, Checkpoint
from core.audit.ports import Histories
from core.audit.services import histories
from core.audit.services.histories import HistoryCheck
from core.errors import Forbidden
from core.patients.audit import AuditEvent
from core.patients.entities import Patient
from core.seals import Sealer
from tests.contracts.conftest import MEMORY, POSTGRES, SQLITE
from tests.databases import unprotected
from tests.fakes import ADMIN, CLERK, READER, ScriptedGateway, StillClock, details

ON_DJANGO = pytest.mark.parametrize("database", [SQLITE, POSTGRES])


@pytest.fixture
def ada(registry: Container, gateway: ScriptedGateway) -> Patient:
    """With three versions, in a registry where others were registered, merged and erased."""
    register, update = registry.register_patient(), registry.update_patient()
    ada = register(actor=CLERK, **details(external_id="x1"))
    update(actor=CLERK, patient_id=ada.id, first_name="Augusta")
    gateway.answer = {"last_name": "King"}
    registry.sync_patient()(actor=CLERK, patient_id=ada.id)
    bob, eve, dan = (register(actor=CLERK, **details(email=f"{name}@example.org")) for name in ("bob", "eve", "dan"))
    registry.merge_patients()(actor=CLERK, patient_id=bob.id, other_id=eve.id)
    registry.erase_patient()(actor=ADMIN, patient_id=dan.id)
    for _ in range(4):
        registry.view_patient()(actor=READER, patient_id=ada.id)
    return registry.view_patient()(actor=READER, patient_id=ada.id)


def verify(registry: Container, checkpoint: Checkpoint | None = None) -> AuditReport:
    return registry.verify_audit()(actor=ADMIN, checkpoint=checkpoint)


def faults(registry: Container, checkpoint: Checkpoint | None = None) -> list[tuple[str, str]]:
    return [(fault.where, fault.what) for fault in verify(registry, checkpoint).faults]


def tamper(database: str, statement: str, *values: int | str | UUID) -> None:
    with unprotected(database), connections[database].cursor() as cursor:
        cursor.execute(statement, [_plain(database, value) for value in values])


def _plain(database: str, value: int | str | UUID) -> int | str | UUID:
    return value.hex if isinstance(value, UUID) and connections[database].vendor == "sqlite" else value


def test_an_unchanged_audit_verifies(registry: Container, ada: Patient) -> None:
    before = verify(registry)
    assert before.faults == ()
    assert (before.checkpoint.last_entry, before.checkpoint.events) == (6, 9)
    registry.view_patient()(actor=READER, patient_id=ada.id)
    registry.update_patient()(actor=CLERK, patient_id=ada.id, first_name="Ada")
    assert faults(registry, before.checkpoint) == []


def test_only_admins_verify(registry: Container) -> None:
    with pytest.raises(Forbidden):
        registry.verify_audit()(actor=CLERK)


ENTRIES = "access_log_accessentry"


@ON_DJANGO
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (f"UPDATE {ENTRIES} SET actor = 'user:2' WHERE number = 2", ("entry 2", "changed or inserted")),
        (f"UPDATE {ENTRIES} SET patient_id = NULL WHERE number = 2", ("entry 2", "changed or inserted")),
        (f"DELETE FROM {ENTRIES} WHERE number IN (2, 3)", ("entries 2 to 3", "removed")),
        (f"DELETE FROM {ENTRIES} WHERE number = 1", ("entries 1 to 1", "removed")),
        (f"UPDATE {ENTRIES} SET number = 7 WHERE number = 5", ("entries 5 to 6", "removed")),
    ],
)
def test_a_tampered_access_log_is_found(
    registry: Container, ada: Patient, database: str, statement: str, expected: tuple[str, str]
) -> None:
    tamper(database, statement)
    where, what = faults(registry)[0]
    assert (where.removeprefix("access log, "), what) == expected


@ON_DJANGO
def test_an_entry_that_was_sealed_after_another_one_is_found(registry: Container, ada: Patient, database: str) -> None:
    """As in a copy of the database, which has the same key and went on differently."""
    second = registry.access_entries().after(1, 1)[0]
    (other,) = append([evolve(second, actor="user:2")], 1, "the seal of another entry", registry.sealer())
    tamper(database, f"UPDATE {ENTRIES} SET actor = 'user:2', seal = %s WHERE number = 2", other.seal)
    assert ("access log, entry 2", "changed or inserted") in faults(registry)


@ON_DJANGO
def test_an_invalid_seal_is_found(registry: Container, ada: Patient, database: str) -> None:
    tamper(database, f"UPDATE {ENTRIES} SET seal = 'ключ' WHERE number = 2")
    tamper(database, f"UPDATE {EVENTS} SET seal = 'ключ' WHERE patient_id = %s", ada.id)
    assert len(faults(registry)) == 5


def test_an_entry_that_was_stored_late_verifies(registry: Container, ada: Patient, clock: StillClock) -> None:
    clock.forward(timedelta(days=1))
    registry.view_patient()(actor=READER, patient_id=ada.id)
    clock.forward(-timedelta(days=1))
    registry.view_patient()(actor=READER, patient_id=ada.id)
    checkpoint = verify(registry).checkpoint
    assert checkpoint.last_entry == 8
    assert faults(registry, checkpoint) == []


@ON_DJANGO
def test_swapped_entries_are_found(registry: Container, ada: Patient, database: str) -> None:
    for old, new in ((2, 20), (3, 2), (20, 3)):
        tamper(database, f"UPDATE {ENTRIES} SET number = %s WHERE number = %s", new, old)
    assert ("access log, entry 2", "changed or inserted") in faults(registry)


EVENTS, VALUES, PATIENTS = "patients_patientevent", "patients_eventvalues", "patients_patient"


@ON_DJANGO
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (f"UPDATE {EVENTS} SET actor = 'user:2' WHERE version = 2", ("version 2", "changed or inserted")),
        (f"UPDATE {EVENTS} SET digest = '' WHERE version = 2", ("version 2", "changed or inserted")),
        (f"UPDATE {EVENTS} SET fields = '[\"a,b\"]' WHERE version = 2", ("version 2", "changed or inserted")),
        (f"DELETE FROM {EVENTS} WHERE version = 1", ("versions 1 to 1", "removed")),
        (f"DELETE FROM {EVENTS} WHERE version = 2", ("versions 2 to 2", "removed")),
        (f"DELETE FROM {EVENTS} WHERE version = 3", ("after version 2", "the record has version 3")),
        (f"UPDATE {EVENTS} SET version = 4 WHERE version = 3", ("versions 3 to 3", "removed")),
        (f"UPDATE {VALUES} SET reason = 'x' WHERE version = 2", ("version 2", "values changed")),
        (f"DELETE FROM {VALUES} WHERE version = 2", ("version 2", "values removed")),
    ],
)
def test_a_tampered_history_is_found(
    registry: Container, ada: Patient, database: str, statement: str, expected: tuple[str, str]
) -> None:
    tamper(database, f"{statement} AND patient_id = %s", ada.id)
    assert (f"history of {ada.id}, {expected[0]}", expected[1]) in faults(registry)


@ON_DJANGO
def test_a_record_without_a_history_is_found(registry: Container, ada: Patient, database: str) -> None:
    tamper(database, f"DELETE FROM {EVENTS} WHERE patient_id = %s", ada.id)
    assert faults(registry) == [("histories of 1 records", "removed, or the records were inserted")]


@ON_DJANGO
def test_a_history_without_its_record_is_found(registry: Container, database: str) -> None:
    nobody = registry.register_patient()(actor=CLERK, first_name="Ada", date_of_birth="1985")
    tamper(database, f"DELETE FROM {PATIENTS} WHERE id = %s", nobody.id)
    assert faults(registry) == [(f"history of {nobody.id}, after version 1", "there is no record")]


@ON_DJANGO
def test_entries_removed_at_the_end_are_found_by_a_checkpoint(registry: Container, ada: Patient, database: str) -> None:
    before = verify(registry).checkpoint
    tamper(database, f"DELETE FROM {ENTRIES} WHERE number > 2")
    tamper(database, f"DELETE FROM {EVENTS} WHERE version = 3 AND patient_id = %s", ada.id)
    tamper(database, f"UPDATE {PATIENTS} SET version = 2 WHERE id = %s", ada.id)
    assert faults(registry) == []
    assert [where for where, _ in faults(registry, before)] == [
        f"access log, up to entry {before.last_entry}",
        f"change feed, first {before.events} events",
    ]


@ON_DJANGO
@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {ENTRIES} SET actor = 'user:2'",
        f"DELETE FROM {ENTRIES}",
        f"UPDATE {EVENTS} SET actor = 'user:2'",
        f"UPDATE {EVENTS} SET position = 1",
        f"DELETE FROM {EVENTS}",
        f"UPDATE {VALUES} SET reason = 'x'",
        f"TRUNCATE {ENTRIES}",
        f"TRUNCATE {EVENTS}",
    ],
)
def test_the_database_refuses_to_change_the_audit(
    registry: Container, ada: Patient, database: str, statement: str
) -> None:
    registry.follow_changes()(actor=READER)  # assigns positions
    for label in ("access_log", "patients"):
        apps.get_app_config(label).protect(using=database)  # type: ignore[attr-defined]  # of both configurations
    if database == "default" and "TRUNCATE" in statement:
        return  # SQLite has no such statement
    with pytest.raises(DatabaseError, match="append-only"), connections[database].cursor() as cursor:
        cursor.execute(statement)
    assert faults(registry) == []


@frozen
class Busy(Histories):
    """Somebody changes the record between the first two reads."""

    histories: Histories
    change: Callable[[], object]

    def after(self, place: tuple[UUID, int] | None, limit: int) -> tuple[AuditEvent, ...]:
        events = self.histories.after(place, limit)
        if place is None:
            self.change()
        return events

    def versions(self, ids: Collection[UUID]) -> dict[UUID, int]:
        return self.histories.versions(ids)

    def without_events(self) -> int:
        return self.histories.without_events()


@pytest.mark.parametrize("batch", [1, 500])
@pytest.mark.parametrize("use_case", ["update", "erase"])
def test_a_change_during_the_verification_is_accepted(
    registry: Container, use_case: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histories, "BATCH_SIZE", batch)
    ada = registry.register_patient()(actor=CLERK, **details())
    changes: dict[str, Callable[[], object]] = {
        "update": lambda: registry.update_patient()(actor=CLERK, patient_id=ada.id, first_name="Augusta"),
        "erase": lambda: registry.erase_patient()(actor=ADMIN, patient_id=ada.id),
    }
    busy = Busy(registry.histories(), changes[use_case])
    registry.update_patient()(actor=CLERK, patient_id=ada.id, first_name="Adele")
    registry.register_patient()(actor=CLERK, **details(first_name="Bob", email=None))
    assert list(HistoryCheck(busy, registry.sealer()).faults()) == []


@pytest.mark.parametrize("database", [MEMORY])
def test_seals_of_another_key_do_not_match(registry: Container, ada: Patient) -> None:
    registry.sealer.override(Object(Sealer(("another key",))))
    registry.verify_audit.reset()
    assert len(faults(registry)) > 10


def test_earlier_keys_still_match() -> None:
    content = ("user:1", 1, None)
    assert Sealer(("new", "old")).matches(content, Sealer(("old",)).seal(content))
    assert not Sealer(("new",)).matches(content, Sealer(("old",)).seal(content))


def test_a_checkpoint_round_trips(registry: Container, ada: Patient) -> None:
    checkpoint = verify(registry).checkpoint
    assert Checkpoint.parse(checkpoint.to_json()) == checkpoint
