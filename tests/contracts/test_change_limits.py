"""A sync job that would change unusually many patients is held until somebody confirms or cancels it."""

from datetime import timedelta
from uuid import UUID

import pytest

from bootstrap import Container
from core.access import Actor
from core.errors import Unavailable
from core.jobs.entities import Job, JobKind, JobState
from core.jobs.errors import JobEnded, JobNotHeld
from core.patients.entities import Patient
from core.sync.change_limits import HeldChange
from tests.contracts.syncing import few_at_a_time, people, run, start
from tests.fakes import CLERK, ScriptedGateway, StillClock

ADMIN = Actor.system("admin")
MANY = 24


@pytest.fixture
def patients(registry: Container, clock: StillClock, gateway: ScriptedGateway) -> list[Patient]:
    """Synced once."""
    registered = people(registry, clock, MANY)
    gateway.answer = {"last_name": "Byron"}
    assert run(registry, start(registry)).counts == {"unchanged": MANY}
    return registered


def held(registry: Container, job: Job) -> tuple[HeldChange, ...]:
    return registry.list_held_changes()(actor=CLERK, job_id=job.id)


def last_names(registry: Container, patients: list[Patient]) -> set[str | None]:
    return {registry.patients().get(patient.id).last_name for patient in patients}


def changing(gateway: ScriptedGateway, count: int, **values: object) -> None:
    """Upstream sends `count` patients with other values; `{}` in a value becomes the patient's number."""
    for n in range(count):
        other = {name: str(value).format(n) for name, value in values.items()}
        gateway.by_id[f"x{n}"] = {"last_name": "Byron"} | other


def test_a_job_that_would_change_too_many_patients_is_held_and_changes_none(
    registry: Container, gateway: ScriptedGateway, patients: list[Patient]
) -> None:
    changing(gateway, 8, last_name="Byron{}")
    job = run(registry, start(registry))
    assert (job.state, job.counts, job.resume_at) == (JobState.HELD, {}, None)
    assert job.reason == "8 of 24 patients would change; at most 30% may."
    assert last_names(registry, patients) == {"Byron"}
    assert held(registry, job) == tuple(
        HeldChange(patients[n].id, {"last_name": "Byron"}, {"last_name": f"Byron{n}"}) for n in range(8)
    )


def test_a_job_that_would_give_many_patients_the_same_value_is_held(
    registry: Container, gateway: ScriptedGateway, clock: StillClock
) -> None:
    patients = people(registry, clock, 50)
    gateway.answer = {"last_name": "Byron"}
    run(registry, start(registry))
    changing(gateway, 11, phone="+12015550123")
    job = run(registry, start(registry))
    assert (job.state, job.reason) == (JobState.HELD, "11 of 50 patients would get the same phone; at most 20% may.")
    assert [change.after["phone"] for change in held(registry, job)] == ["+12015550123"] * 11
    assert {registry.patients().get(patient.id).phone for patient in patients} == {patients[0].phone}


def test_the_usual_changes_are_made(registry: Container, gateway: ScriptedGateway, patients: list[Patient]) -> None:
    changing(gateway, 7, last_name="Byron{}")
    assert run(registry, start(registry)).counts == {"unchanged": MANY - 7, "updated": 7}


def test_a_patients_first_sync_is_not_limited(registry: Container, clock: StillClock, gateway: ScriptedGateway) -> None:
    people(registry, clock, MANY)
    gateway.answer = {"last_name": "King"}
    assert run(registry, start(registry)).counts == {"updated": MANY}


def test_fewer_than_twenty_patients_are_not_judged(
    registry: Container, gateway: ScriptedGateway, patients: list[Patient]
) -> None:
    few_at_a_time(registry, 19)
    changing(gateway, MANY, last_name="Byron{}")
    assert run(registry, start(registry)).counts == {"updated": MANY}


def test_a_confirmed_job_continues_without_limits(
    registry: Container, gateway: ScriptedGateway, patients: list[Patient]
) -> None:
    few_at_a_time(registry, 20)
    changing(gateway, MANY, last_name="King")
    job = run(registry, start(registry))
    confirmed = registry.confirm_sync_job()(actor=ADMIN, job_id=job.id)
    assert (confirmed.state, confirmed.reason, confirmed.confirmed_by) == (JobState.QUEUED, "", ADMIN.name)
    assert held(registry, job) == ()
    job = run(registry, job)
    assert (job.state, job.counts, job.confirmed_by) == (JobState.COMPLETED, {"updated": MANY}, ADMIN.name)
    assert last_names(registry, patients) == {"King"}


def test_a_held_job_does_not_run_until_it_is_confirmed(
    registry: Container, clock: StillClock, gateway: ScriptedGateway, patients: list[Patient]
) -> None:
    changing(gateway, MANY, last_name="King")
    job = run(registry, start(registry))
    clock.forward(timedelta(days=1))
    assert registry.jobs().runnable(clock.now()) == ()
    assert run(registry, job) == job
    registry.confirm_sync_job()(actor=ADMIN, job_id=job.id)
    assert [one.id for one in registry.jobs().runnable(clock.now())] == [job.id]


def test_a_held_job_can_be_cancelled(registry: Container, gateway: ScriptedGateway, patients: list[Patient]) -> None:
    changing(gateway, MANY, last_name="King")
    job = run(registry, start(registry))
    assert registry.cancel_job()(actor=CLERK, kind=JobKind.SYNC, job_id=job.id).state is JobState.CANCELLED
    with pytest.raises(JobEnded):
        registry.confirm_sync_job()(actor=ADMIN, job_id=job.id)
    assert last_names(registry, patients) == {"Byron"}


def test_only_a_held_job_can_be_confirmed(registry: Container, patients: list[Patient]) -> None:
    job = start(registry)
    with pytest.raises(JobNotHeld):
        registry.confirm_sync_job()(actor=ADMIN, job_id=job.id)
    assert registry.jobs().get(job.id) == job


def test_an_outage_in_another_chunk_does_not_let_a_held_job_continue(
    registry: Container, clock: StillClock, gateway: ScriptedGateway, patients: list[Patient]
) -> None:
    few_at_a_time(registry, 20)
    changing(gateway, 20, last_name="King")
    job = start(registry)
    runner, leases = registry.run_sync_job(), registry.leases()
    first, second = leases.claim(job.id, runner.allocate), leases.claim(job.id, runner.allocate)
    assert first
    assert second
    batches = [runner.start_batch(lease.chunk) for lease in (first, second)]
    for n, batch in enumerate(batches):
        for patient_id, external_id in batch.external_ids.items():
            batch.fetched[patient_id] = gateway.fetch(external_id, request_id="r")
        runner.complete((first, second)[n], batch)
        if not n:
            batches[1].backoff_reason = Unavailable("Down.", retry_after=timedelta(seconds=1))
    job = registry.jobs().get(job.id)
    assert (job.state, job.counts) == (JobState.HELD, {"unchanged": 4})


def test_an_erased_patient_is_not_in_the_sample(
    registry: Container, gateway: ScriptedGateway, patients: list[Patient]
) -> None:
    changing(gateway, MANY, last_name="King")
    job = run(registry, start(registry))
    assert patients[0].id in _patients(held(registry, job))
    registry.erase_patient()(actor=ADMIN, patient_id=patients[0].id)
    assert patients[0].id not in _patients(held(registry, job))


def _patients(changes: tuple[HeldChange, ...]) -> set[UUID]:
    return {change.patient_id for change in changes}
