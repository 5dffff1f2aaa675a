"""Undoing a sync job or an import: each field gets its former value, unless it was changed since."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bootstrap import Container
from core.access import Actor
from core.files import Encoding, FileFormat
from core.jobs.entities import Job, JobKind, JobState
from core.jobs.errors import JobNotEnded, JobUnderWay
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.errors import PatientNotFound
from core.undo.entities import UndoResult
from tests.contracts.syncing import failures, people, run, start
from tests.fakes import CLERK, ScriptedGateway, StillClock, details

ADMIN = Actor.system("admin")
FILE = b"""first_name,last_name,email,date_of_birth
Eve,Stone,eve@example.org,1985-12-10
Kim,Stone,kim@example.org,1990-01-02
"""
Undo = Callable[[Job], Job]


@pytest.fixture
def patients(registry: Container, clock: StillClock) -> list[Patient]:
    return people(registry, clock, 5)


@pytest.fixture
def synced(registry: Container, gateway: ScriptedGateway, patients: list[Patient]) -> Job:
    """A job that changed the last name and the phone of each patient."""
    gateway.answer = {"last_name": "King", "phone": "+12015550123"}
    return run(registry, start(registry))


@pytest.fixture
def undo(registry: Container, clock: StillClock) -> Undo:
    def undo(job: Job) -> Job:
        clock.forward(timedelta(seconds=1))
        return run(registry, registry.undo_job()(actor=ADMIN, kind=job.kind, job_id=job.id))

    return undo


def kept(registry: Container, job: Job) -> tuple[UndoResult, ...]:
    return registry.list_undo_failures()(actor=CLERK, job_id=job.id).items


def imported(registry: Container, content: bytes, *, update: bool = False) -> Job:
    start = registry.start_import()
    job = start(actor=CLERK, content=lambda: [content], format=FileFormat.CSV, encoding=Encoding.UTF_8, update=update)
    return run(registry, job)


def now(registry: Container, patient: Patient) -> Patient:
    return registry.patients().get(patient.id)


def test_every_changed_field_gets_its_former_value(
    registry: Container, patients: list[Patient], synced: Job, undo: Undo
) -> None:
    registry.run_undo.add_kwargs(chunk_size=2)
    undone = undo(synced)
    assert (undone.state, undone.total, undone.counts) == (JobState.COMPLETED, 5, {"restored": 5})
    for patient in patients:
        current = now(registry, patient)
        assert current.to_json() == patient.to_json()
        assert current.version == 3
        (event,) = registry.trail().history(patient.id, before_version=None, limit=1)
        assert (event.action, event.job_id, event.actor) == (Action.CHANGE_UNDONE, undone.id, ADMIN.name)
    assert kept(registry, undone) == ()


def test_a_field_that_was_changed_since_keeps_its_change(
    registry: Container, patients: list[Patient], synced: Job, undo: Undo
) -> None:
    registry.update_patient()(actor=CLERK, patient_id=patients[0].id, last_name="Lovelace")
    undone = undo(synced)
    current = now(registry, patients[0])
    assert (current.last_name, current.phone) == ("Lovelace", patients[0].phone)
    (failure,) = kept(registry, undone)
    assert (failure.patient_id, failure.outcome, failure.kept) == (patients[0].id, "restored", ("last_name",))


def test_undoing_again_changes_nothing_and_undoing_the_undo_brings_the_values_back(
    registry: Container, patients: list[Patient], synced: Job, undo: Undo
) -> None:
    undone = undo(synced)
    again = undo(synced)
    assert (again.counts, kept(registry, again)) == ({"unchanged": 5}, ())
    assert undo(undone).counts == {"restored": 5}
    assert {now(registry, patient).last_name for patient in patients} == {"King"}


def test_values_that_were_undone_return_only_once_upstream_changes_them_again(
    registry: Container, gateway: ScriptedGateway, patients: list[Patient], synced: Job, undo: Undo
) -> None:
    undo(synced)
    assert run(registry, start(registry)).counts == {"unchanged": 5}
    assert now(registry, patients[0]).to_json() == patients[0].to_json()
    gateway.answer = {"last_name": "Queen"}
    job = run(registry, start(registry))
    assert [failure.conflicts for failure in failures(registry, job)] == [("last_name",)] * 5


def test_erased_and_merged_patients_are_skipped(
    registry: Container, patients: list[Patient], synced: Job, undo: Undo
) -> None:
    registry.erase_patient()(actor=ADMIN, patient_id=patients[0].id)
    registry.merge_patients()(actor=ADMIN, patient_id=patients[1].id, other_id=patients[2].id)
    assert undo(synced).counts == {"restored": 3, "skipped": 2}


def test_a_former_value_that_another_patient_has_by_now_is_refused(
    registry: Container, gateway: ScriptedGateway, patients: list[Patient], undo: Undo
) -> None:
    gateway.answer = {"last_name": "Byron"}
    gateway.by_id = {"x0": {"email": "other@example.org"}}
    job = run(registry, start(registry))
    registry.register_patient()(actor=CLERK, **details(email=patients[0].email, external_id=None))
    undone = undo(job)
    assert undone.counts == {"refused": 1}
    (failure,) = kept(registry, undone)
    assert failure.reason == "email-taken"
    assert now(registry, patients[0]).email == "other@example.org"


def test_patients_that_an_import_registered_are_erased_unless_they_were_changed_since(
    registry: Container, undo: Undo
) -> None:
    job = imported(registry, FILE)
    eve, kim = registry.job_changes().patients(job.id, after=None, limit=9)
    registry.update_patient()(actor=CLERK, patient_id=eve, sex="female")
    undone = undo(job)
    assert (undone.total, undone.counts) == (2, {"removed": 1, "unchanged": 1})
    assert registry.patients().get(eve).sex == "female"
    (failure,) = kept(registry, undone)
    assert (failure.patient_id, failure.kept) == (eve, ("sex",))
    with pytest.raises(PatientNotFound):
        registry.patients().get(kim)
    erased, registered = registry.trail().history(kim, before_version=None, limit=9)
    assert (erased.action, erased.job_id, registered.values) == (Action.ERASED, undone.id, None)


def test_what_an_import_updated_gets_its_former_value(registry: Container, undo: Undo) -> None:
    imported(registry, FILE)
    job = imported(registry, FILE.replace(b"Stone", b"Rivers"), update=True)
    assert job.counts == {"updated": 2}
    assert undo(job).counts == {"restored": 2}
    ids = registry.job_changes().patients(job.id, after=None, limit=9)
    assert [registry.patients().get(one).last_name for one in ids] == ["Stone", "Stone"]


def test_an_import_that_was_undone_can_be_imported_again(registry: Container, undo: Undo) -> None:
    undo(imported(registry, FILE))
    assert imported(registry, FILE).counts == {"added": 2}


def test_only_a_job_that_has_ended_is_undone_and_once_at_a_time(
    registry: Container, patients: list[Patient], synced: Job
) -> None:
    job = start(registry)
    with pytest.raises(JobNotEnded):
        registry.undo_job()(actor=ADMIN, kind=job.kind, job_id=job.id)
    registry.undo_job()(actor=ADMIN, kind=JobKind.SYNC, job_id=synced.id)
    with pytest.raises(JobUnderWay):
        registry.undo_job()(actor=ADMIN, kind=JobKind.SYNC, job_id=synced.id)
