"""Workers that share a sync job, are slow, stop or crash."""

from datetime import timedelta

import pytest

from bootstrap import Container
from core.errors import Unavailable
from core.jobs.entities import Job, JobKind, JobState
from tests.contracts.syncing import few_at_a_time, people, run, start
from tests.fakes import CLERK, ScriptedGateway, StillClock

LEASE = timedelta(minutes=1)


class Killed(BaseException):
    pass


@pytest.fixture(autouse=True)
def six(registry: Container, clock: StillClock, gateway: ScriptedGateway) -> None:
    """Six patients in chunks of two. Upstream has changed each last name to King."""
    few_at_a_time(registry, 2)
    people(registry, clock, 6)
    gateway.answer = {"last_name": "King"}


def asked(gateway: ScriptedGateway) -> list[str]:
    return [external_id for external_id, _ in gateway.asked]


def assert_each_was_synced_once(registry: Container, job: Job, many: int = 6) -> None:
    assert (job.total, job.counts) == (many, {"updated": many})
    patients = registry.search_patients()(actor=CLERK).patients
    assert [(patient.last_name, patient.version) for patient in patients] == [("King", 2)] * 6


def test_a_worker_processes_chunk_after_chunk(registry: Container, gateway: ScriptedGateway) -> None:
    job = run(registry, start(registry))
    assert job.state is JobState.COMPLETED
    assert_each_was_synced_once(registry, job)
    assert asked(gateway) == ["x0", "x1", "x2", "x3", "x4", "x5"]


def test_two_workers_process_different_chunks(registry: Container, gateway: ScriptedGateway) -> None:
    job = start(registry)

    def another_works() -> None:
        gateway.meanwhile = lambda: None
        assert run(registry, job).counts == {"updated": 4}

    gateway.meanwhile = another_works
    ended = run(registry, job)
    assert ended.state is JobState.COMPLETED
    assert_each_was_synced_once(registry, ended)
    assert sorted(asked(gateway)) == ["x0", "x1", "x2", "x3", "x4", "x5"]


def test_the_chunk_of_a_crashed_worker_is_taken_over_when_its_lease_expires(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    job = start(registry)

    def is_killed() -> None:
        if asked(gateway)[-1] == "x3":
            gateway.meanwhile = lambda: None
            raise Killed

    gateway.meanwhile = is_killed
    with pytest.raises(Killed):
        run(registry, job)
    job = run(registry, job)
    assert (job.state, job.counts) == (JobState.RUNNING, {"updated": 4})
    assert registry.jobs().runnable(clock.at) == ()
    clock.forward(LEASE)
    assert registry.jobs().runnable(clock.at) == (job,)
    job = run(registry, job)
    assert job.state is JobState.COMPLETED
    assert_each_was_synced_once(registry, job)
    assert asked(gateway) == ["x0", "x1", "x2", "x3", "x4", "x5", "x2", "x3"]


def test_a_worker_keeps_its_chunk_while_upstream_answers(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    registry.run_sync_job.add_kwargs(chunk_size=6)
    job = start(registry)

    def upstream_is_slow() -> None:
        clock.forward(LEASE / 2)
        assert registry.leases().claim(job.id, lambda _: None) is None

    gateway.meanwhile = upstream_is_slow
    job = run(registry, job)
    assert job.state is JobState.COMPLETED
    assert_each_was_synced_once(registry, job)
    assert len(gateway.asked) == 6


def test_a_slow_worker_discards_a_chunk_that_was_taken_over(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    job = start(registry)

    def another_takes_over() -> None:
        gateway.meanwhile = lambda: None
        clock.forward(LEASE)
        assert run(registry, job).state is JobState.COMPLETED

    gateway.meanwhile = another_takes_over
    ended = run(registry, job)
    assert_each_was_synced_once(registry, ended)
    assert sorted(asked(gateway)) == ["x0", "x0", "x1", "x2", "x3", "x4", "x5"]


def test_a_stopping_worker_returns_its_chunk_immediately(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    job = run(registry, start(registry), stopping=lambda: len(gateway.asked) == 3)
    assert (job.state, job.counts) == (JobState.RUNNING, {"updated": 3})
    assert registry.jobs().runnable(clock.at) == (job,)
    job = run(registry, job)
    assert job.state is JobState.COMPLETED
    assert_each_was_synced_once(registry, job)
    assert sorted(asked(gateway)) == ["x0", "x1", "x2", "x3", "x4", "x5"]


def test_an_upstream_outage_during_a_chunk_costs_no_patient_a_try(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    gateway.by_id = {"x3": Unavailable("Down.", retry_after=timedelta(seconds=30))}
    job = start(registry)
    for _ in range(6):
        job = run(registry, job)
        assert (job.state, job.counts, job.reason) == (JobState.PAUSED, {"updated": 3}, "Down.")
        clock.forward(timedelta(seconds=30))
    gateway.by_id = {}
    job = run(registry, job)
    assert job.state is JobState.COMPLETED
    assert_each_was_synced_once(registry, job)


def test_a_cancelled_job_stops_within_a_chunk_and_keeps_its_results(
    registry: Container, gateway: ScriptedGateway
) -> None:
    job = start(registry)

    def is_cancelled() -> None:
        if asked(gateway)[-1] == "x2":
            registry.cancel_job()(actor=CLERK, kind=JobKind.SYNC, job_id=job.id)

    gateway.meanwhile = is_cancelled
    job = run(registry, job)
    assert (job.state, job.total, job.counts) == (JobState.CANCELLED, 6, {"updated": 2})
    assert run(registry, job) == job
    found = registry.search_patients()(actor=CLERK).patients
    assert [patient.last_name for patient in found] == ["Byron"] * 4 + ["King"] * 2
    assert registry.jobs().runnable(registry.clock().now()) == ()
