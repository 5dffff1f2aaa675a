"""Sync jobs: each patient is synced once, whatever upstream does."""

from contextlib import suppress
from datetime import timedelta

from bootstrap import Container
from core.errors import RateLimited, Unavailable
from core.jobs.entities import JobKind, JobState
from tests.contracts.syncing import people, run, start
from tests.fakes import CLERK, Failing, ScriptedGateway, StillClock, details


def test_every_patient_is_synced_once_and_counted(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    patients = people(registry, clock, 7)
    gateway.answer = {"last_name": "King"}
    gateway.by_id = {"x1": None, "x2": {"last_name": "Byron"}, "x3": {"email": "not one"}}
    gateway.by_id |= {"x5": {"last_name": " "}, "x6": {"id": "x0", "last_name": "King"}}
    job = run(registry, start(registry))
    assert (job.state, job.total, job.done) == (JobState.COMPLETED, 7, 7)
    assert job.counts == {"not_found": 1, "refused": 3, "unchanged": 1, "updated": 2}
    assert sorted(asked for asked, _ in gateway.asked) == [f"x{number}" for number in range(7)]
    assert registry.patients().get(patients[0].id).last_name == "King"
    failures = registry.sync_results().failures(job.id, after=None, limit=9).items
    assert [failure.reason for failure in failures] == [
        "no-external-data",
        "invalid-external-data",
        "empty-external-data",
        "wrong-external-data",
    ]


def test_a_patient_without_an_external_id_is_not_requested_from_upstream(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    people(registry, clock, 1)
    unknown = registry.register_patient()(actor=CLERK, **details(external_id=None))
    clock.forward(timedelta(seconds=1))
    gateway.answer = {"last_name": "Byron"}
    job = run(registry, start(registry))
    assert job.counts == {"unchanged": 1, "skipped": 1}
    assert [asked for asked, _ in gateway.asked] == ["x0"]
    assert registry.patients().get(unknown.id).last_synced_at is None
    assert registry.sync_results().failures(job.id, after=None, limit=5).items == ()


def test_a_patient_that_crashes_the_sync_is_skipped_and_all_others_are_synced(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    people(registry, clock, 9)
    gateway.answer = {"last_name": "King"}
    gateway.by_id = {"x4": RuntimeError("a bug")}
    job = start(registry)
    for _ in range(20):
        with suppress(RuntimeError):
            job = run(registry, job)
        clock.forward(registry.leases().duration)
    assert (job.state, job.counts) == (JobState.COMPLETED, {"updated": 8, "refused": 1})
    (failure,) = registry.sync_results().failures(job.id, after=None, limit=5).items
    assert failure.reason == "internal-error"


def test_a_job_pauses_while_upstream_is_down_and_then_continues(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    people(registry, clock, 3)
    gateway.answer = {"last_name": "King"}
    gateway.by_id = {"x1": Unavailable("Down.", retry_after=timedelta(seconds=30))}
    job = run(registry, start(registry))
    assert (job.state, job.resume_at, job.reason) == (JobState.PAUSED, clock.at + timedelta(seconds=30), "Down.")
    assert job.counts == {"updated": 1}
    gateway.by_id = {}
    assert run(registry, job).state is JobState.PAUSED
    clock.forward(timedelta(seconds=30))
    job = run(registry, job)
    assert (job.state, job.counts) == (JobState.COMPLETED, {"updated": 3})


def test_a_patient_that_only_upstream_fails_for_is_skipped_after_four_tries(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    people(registry, clock, 2)
    gateway.answer = {"last_name": "Byron"}
    gateway.by_id = {"x1": Failing()}
    job = run(registry, start(registry))
    for minutes in (1, 2, 4):
        assert (job.state, job.counts) == (JobState.PAUSED, {"unchanged": 1})
        assert job.resume_at == clock.at + timedelta(minutes=minutes)
        clock.forward(timedelta(minutes=minutes))
        job = run(registry, job)
    assert (job.state, job.counts) == (JobState.COMPLETED, {"unavailable": 1, "unchanged": 1})
    assert [asked for asked, _ in gateway.asked].count("x1") == 4


def test_an_upstream_outage_during_the_last_try_does_not_give_up_the_patient(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    people(registry, clock, 2)
    gateway.answer = Failing()
    job = run(registry, start(registry))
    for minutes in (1, 2, 4):
        clock.forward(timedelta(minutes=minutes))
        gateway.by_id = {"x1": Unavailable()} if minutes == 4 else {}
        job = run(registry, job)
    assert (job.state, job.counts) == (JobState.PAUSED, {})
    gateway.answer, gateway.by_id = {"last_name": "Byron"}, {}
    clock.forward(timedelta(minutes=1))
    assert run(registry, job).counts == {"unchanged": 2}


def test_a_rate_limit_of_upstream_pauses_the_whole_job(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    people(registry, clock, 2)
    gateway.answer = RateLimited("Fewer.", retry_after=timedelta(seconds=7))
    job = run(registry, start(registry))
    assert (job.state, job.resume_at, job.done) == (JobState.PAUSED, clock.at + timedelta(seconds=7), 0)
    assert registry.jobs().runnable(clock.at) == ()
    assert len(registry.jobs().runnable(clock.at + timedelta(seconds=7))) == 1


def test_cancelling_drops_unfinished_chunks_and_keeps_results(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    people(registry, clock, 2)
    gateway.answer = {"last_name": "King"}
    job = start(registry)
    gateway.meanwhile = lambda: (
        registry.jobs().get(job.id).state is JobState.CANCELLED
        or registry.cancel_job()(actor=CLERK, kind=JobKind.SYNC, job_id=job.id)
    )
    job = run(registry, job)
    assert (job.state, job.counts) == (JobState.CANCELLED, {})
    found = registry.search_patients()(actor=CLERK).patients
    assert {patient.last_name for patient in found} == {"Byron"}
