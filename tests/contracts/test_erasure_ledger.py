"""The ledger of erasures: what is erased stays erased after a restore from an older backup."""

import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from attrs import evolve

from adapters.erasure_ledger import FileErasureLedger
from adapters.in_memory.erasures import NoErasureLedger
from bootstrap import Container
from core.access import Actor
from core.errors import Forbidden, Unavailable
from core.jobs.entities import JobKind
from core.patients.audit import AuditEvent, Erasure
from core.patients.entities import Patient
from core.patients.errors import PatientNotFound
from tests.contracts.conftest import CONFIGURATION, POSTGRES, SQLITE, open_registry
from tests.contracts.examples import person
from tests.contracts.syncing import run
from tests.contracts.test_imports import csv, rows, start
from tests.fakes import ADMIN, CLERK, NOW, ScriptedGateway, StillClock, details, equip

OPERATOR = Actor.system("replay_erasures")
APPEND = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from adapters.erasure_ledger import FileErasureLedger
from core.patients.audit import Erasure
ledger = FileErasureLedger(Path(sys.argv[1]), lambda work: work())
for _ in range(50):
    ledger.record(Erasure(uuid4(), datetime.now(UTC)))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "erasures"


@pytest.fixture
def registry(database: str, path: Path, clock: StillClock, gateway: ScriptedGateway) -> Container:
    configuration = evolve(CONFIGURATION, erasure_ledger=path)
    return equip(open_registry(database, configuration=configuration), clock, gateway)


def patients(registry: Container, count: int) -> list[Patient]:
    register = registry.register_patient()
    return [register(actor=CLERK, **details(email=f"p{n}@example.org")) for n in range(count)]


def recorded(registry: Container) -> list[UUID]:
    return [erasure.patient_id for erasure in registry.erasure_ledger().read()]


def exists(registry: Container, patient: Patient) -> bool:
    try:
        return bool(registry.patients().get(patient.id))
    except PatientNotFound:
        return False


def test_the_ledger_has_the_erased_patient_and_each_record_merged_into_it(registry: Container) -> None:
    ada, twin, _ = patients(registry, 3)
    registry.merge_patients()(actor=CLERK, patient_id=ada.id, other_id=twin.id)
    assert recorded(registry) == []
    registry.erase_patient()(actor=ADMIN, patient_id=ada.id)
    assert list(registry.erasure_ledger().read()) == [Erasure(twin.id, NOW), Erasure(ada.id, NOW)]


def test_patients_erased_by_the_undo_of_an_import_are_in_the_ledger(registry: Container) -> None:
    job = run(registry, start(registry, csv(*rows(0, 3))))
    undo = registry.undo_job()(actor=OPERATOR, kind=JobKind.IMPORT, job_id=job.id)
    assert run(registry, undo).counts == {"removed": 3}
    assert len(set(recorded(registry))) == 3


def test_an_erasure_that_is_not_committed_is_not_in_the_ledger(registry: Container) -> None:
    (ada,) = patients(registry, 1)

    def fail() -> None:
        registry.erase_patient()(actor=ADMIN, patient_id=ada.id)
        raise Unavailable

    with pytest.raises(Unavailable):
        registry.atomic()(fail)
    assert exists(registry, ada)
    assert recorded(registry) == []


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_an_erasure_that_cannot_be_recorded_is_not_acknowledged_and_recorded_later(
    registry: Container, path: Path
) -> None:
    ada, eve = patients(registry, 2)
    path.mkdir()
    with pytest.raises(Unavailable, match="not in the ledger"):
        registry.erase_patient()(actor=ADMIN, patient_id=ada.id)
    assert not exists(registry, ada)
    path.rmdir()
    registry.erase_patient()(actor=ADMIN, patient_id=eve.id)
    assert registry.complete_erasure_ledger()(actor=OPERATOR) == 1
    assert recorded(registry) == [eve.id, ada.id]


def test_erasures_missing_in_the_ledger_are_added_from_the_history(registry: Container) -> None:
    registry.trail().record([AuditEvent.erased(ADMIN, NOW, person(number)) for number in (1, 2, 3)])
    registry.erasure_ledger().record(Erasure(person(2).id, NOW))
    registry.complete_erasure_ledger.add_kwargs(page_size=1)
    complete = registry.complete_erasure_ledger()
    assert [complete(actor=OPERATOR), complete(actor=OPERATOR)] == [2, 0]
    assert set(recorded(registry)) == {person(number).id for number in (1, 2, 3)}


def test_the_patients_of_the_ledger_are_erased_again(registry: Container) -> None:
    ada, eve, twin, other = patients(registry, 4)
    registry.merge_patients()(actor=CLERK, patient_id=eve.id, other_id=twin.id)
    for one in (ada.id, eve.id, twin.id, UUID(int=7)):
        registry.erasure_ledger().record(Erasure(one, NOW))
    done = registry.replay_erasures()(actor=OPERATOR)
    assert (set(done.erased), done.kept) == ({ada.id, eve.id, twin.id}, ())
    assert [exists(registry, one) for one in (ada, eve, twin, other)] == [False, False, False, True]
    assert registry.replay_erasures()(actor=OPERATOR).erased == ()
    assert registry.verify_audit()(actor=ADMIN).faults == ()


@pytest.mark.parametrize("survivor_erased", [True, False])
def test_a_merge_with_a_patient_who_is_not_erased_is_undone_first(registry: Container, survivor_erased: bool) -> None:
    ada, twin = patients(registry, 2)
    erased, other = (ada, twin) if survivor_erased else (twin, ada)
    merge = registry.merge_patients()(actor=CLERK, patient_id=ada.id, other_id=twin.id).merge
    assert merge
    registry.erasure_ledger().record(Erasure(erased.id, NOW))
    assert registry.replay_erasures()(actor=OPERATOR).kept == (erased.id,)
    assert exists(registry, erased)
    registry.undo_merge()(actor=CLERK, merge_id=merge.id)
    assert registry.replay_erasures()(actor=OPERATOR).erased == (erased.id,)
    assert exists(registry, other)


def test_replaying_and_completing_require_permission_to_erase(registry: Container) -> None:
    for use_case in (registry.replay_erasures(), registry.complete_erasure_ledger()):
        with pytest.raises(Forbidden):
            use_case(actor=CLERK)


def test_simultaneous_appends_lose_no_line(path: Path) -> None:
    command = [sys.executable, "-c", APPEND, str(path)]
    processes = [subprocess.Popen(command, cwd="src") for _ in range(4)]
    assert [process.wait(timeout=60) for process in processes] == [0] * 4
    lines = path.read_text().splitlines()
    assert len(lines) == len(list(FileErasureLedger(path, lambda work: work()).read())) == 200
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_truncated_line_does_not_affect_the_next(path: Path) -> None:
    ledger = FileErasureLedger(path, lambda work: work())
    ledger.record(Erasure(UUID(int=1), NOW))
    path.write_bytes(path.read_bytes() + b"2026-01-31T09:30:00+00:00 0000\xff")
    ledger.record(Erasure(UUID(int=2), NOW))
    assert [one.patient_id for one in ledger.read()] == [UUID(int=1), UUID(int=2)]


def test_an_unreadable_ledger_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        list(FileErasureLedger(tmp_path, lambda work: work()).read())


def test_without_a_ledger_nothing_is_recorded() -> None:
    ledger = NoErasureLedger()
    ledger.record(Erasure(UUID(int=1), NOW))
    assert list(ledger.read()) == []
