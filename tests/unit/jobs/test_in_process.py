"""The in-process job engine."""

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event
from uuid import UUID

import pytest
from attrs import define, field

from adapters.tasks import in_process
from adapters.tasks.in_process import InProcessQueue, InProcessWorker
from core.access import Actor
from core.errors import Unavailable
from core.jobs.entities import Job, JobKind

SOON = 30.0  # seconds, on a busy machine


def job(number: int) -> Job:
    return Job(
        id=UUID(int=number),
        kind=JobKind.SYNC,
        actor="system:test",
        request_id="r",
        options={},
        created_at=datetime.now(UTC),
        total=1,
    )


@define
class Registry:
    """Two jobs: the first fails, the second sets `done`."""

    failures: int = 0
    dispatches: int = 0
    done: Event = field(factory=Event)
    started: Event = field(factory=Event)
    stopped: Event = field(factory=Event)

    def dispatch(self, *, actor: Actor) -> tuple[Job, ...]:
        self.dispatches += 1
        if self.dispatches <= self.failures:
            raise Unavailable
        return job(1), job(2)

    def run(self, *, actor: Actor, job_id: UUID, stopping: Callable[[], bool]) -> Job:
        if job_id == UUID(int=1):
            raise ZeroDivisionError
        self.done.set()
        return job(2)

    def run_until_stopped(self, *, actor: Actor, job_id: UUID, stopping: Callable[[], bool]) -> Job:
        self.started.set()
        while not stopping():
            pass
        self.stopped.set()
        return job(2)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_process, "ERROR_DELAY", 0.01)


def test_failing_job_does_not_block_others() -> None:
    registry = Registry()
    worker = InProcessWorker(InProcessQueue(), registry.dispatch, registry.run, lambda: None)
    worker.start()
    assert registry.done.wait(SOON)
    worker.stop()


def test_worker_survives_an_unavailable_database() -> None:
    registry = Registry(failures=1)
    worker = InProcessWorker(InProcessQueue(), registry.dispatch, registry.run, lambda: None)
    worker.start()
    assert registry.done.wait(SOON)
    worker.stop()


def test_worker_purges_at_start_and_a_failed_purge_is_logged_without_blocking_jobs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    registry, purged = Registry(), Event()

    def purge() -> None:
        purged.set()
        raise Unavailable

    worker = InProcessWorker(InProcessQueue(), registry.dispatch, registry.run, purge)
    worker.start()
    assert purged.wait(SOON)
    assert registry.done.wait(SOON)
    worker.stop()
    assert "purge_failed" in caplog.text
    assert "job_dispatch_failed" not in caplog.text


def test_stop_interrupts_the_time_slice() -> None:
    registry = Registry()
    worker = InProcessWorker(InProcessQueue(), registry.dispatch, registry.run_until_stopped, lambda: None)
    worker.start()
    assert registry.started.wait(SOON)
    worker.stop()
    assert registry.stopped.is_set()
