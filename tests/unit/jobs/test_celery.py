"""The Celery job engine: sending messages, an unavailable broker, and handling messages."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import UUID

import pytest
from attrs import define, evolve, field

from adapters.in_memory.imports import InMemoryUploads
from adapters.in_memory.jobs import InMemoryChunkRepository, InMemoryJobRepository, InMemorySchedule
from adapters.in_memory.store import Store
from adapters.tasks.celery import MAX_COUNTDOWN, QUEUE, CeleryQueue, producer_app
from adapters.tasks.celery_worker import PURGE, PURGE_CHECK_INTERVAL, WorkerTasks, worker_app
from adapters.tasks.daily_purge import DailyPurge
from core.access import Actor
from core.imports.use_cases import PurgeUploads
from core.jobs.entities import Chunk, Job, JobState
from core.jobs.ports import JobQueue
from tests.fakes import StillClock
from tests.unit.jobs.test_in_process import job

AT_ONCE = 2.5  # seconds, on a busy machine


def now(send: Callable[[], None]) -> None:
    send()


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_unavailable_broker_causes_only_a_short_delay(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for port in (1, silent.getsockname()[1]):
            queue = CeleryQueue(producer_app(f"{scheme}://127.0.0.1:{port}//"), now, StillClock())
            started = monotonic()
            queue.enqueue(job(1))
            assert monotonic() - started < AT_ONCE


def test_message_holds_only_the_job_id_and_its_delay_is_limited() -> None:
    app = producer_app("memory://")
    CeleryQueue(app, now, StillClock(datetime.now(UTC))).enqueue(job(7), at=datetime.now(UTC) + timedelta(days=1))
    with app.connection_for_read() as connection, connection.SimpleQueue(QUEUE) as queue:
        message = queue.get_nowait()
    assert message.content_type == "application/json"
    assert message.payload[:2] == [[str(UUID(int=7))], {}]
    eta = datetime.fromisoformat(message.headers["eta"])
    assert eta < datetime.now(UTC) + timedelta(seconds=MAX_COUNTDOWN)


def test_message_is_sent_after_commit() -> None:
    app, waiting = producer_app("memory://"), list[Callable[[], None]]()
    CeleryQueue(app, waiting.append, StillClock()).enqueue(job(8))
    assert len(waiting) == 1


@define
class Queue(JobQueue):
    enqueued: list[datetime | None] = field(factory=list[datetime | None])

    def enqueue(self, job: Job, *, at: datetime | None = None) -> None:
        self.enqueued.append(at)


@define
class Worker:
    """A worker whose runs change the job by `becomes`."""

    store: Store = field(factory=Store)
    queue: Queue = field(factory=Queue)
    runs: int = 0
    becomes: Callable[[Job], Job] = lambda job: job

    @property
    def tasks(self) -> WorkerTasks:
        clock = StillClock(datetime.now(UTC))
        return WorkerTasks(
            InMemoryJobRepository(self.store),
            self.queue,
            self.run,
            lambda **_: None,
            lambda **_: None,
            lambda: None,
            clock,
        )

    def run(self, *, job_id: UUID, **_: object) -> Job:
        self.runs += 1
        jobs = InMemoryJobRepository(self.store)
        jobs.replace(self.becomes(jobs.get(job_id)))
        return jobs.get(job_id)

    def receive(self, *, redelivered: bool = False) -> None:
        self.tasks.run(str(UUID(int=1)), redelivered=redelivered)


def test_beat_triggers_a_purge_hourly_and_it_runs_daily() -> None:
    purged, clock, other = list[Actor](), StillClock(), Worker()

    def purge(actor: Actor) -> dict[str, int]:
        purged.append(actor)
        return {"jobs": 0}

    uploads = PurgeUploads(InMemoryUploads(other.store), clock)
    tasks = evolve(other.tasks, purge=DailyPurge(InMemorySchedule(other.store), clock, purge, uploads))
    app = worker_app("memory://", tasks, dispatch_interval=30, nightly=None, time_zone="UTC")
    due = app.conf.beat_schedule[PURGE]
    assert due["schedule"] == PURGE_CHECK_INTERVAL
    for _ in range(25):
        app.tasks[due["task"]].apply(throw=True)
        clock.forward(timedelta(hours=1))
    assert len(purged) == 2


def leased(store: Store) -> None:
    later = datetime.now(UTC) + timedelta(minutes=1)
    InMemoryChunkRepository(store).add(
        Chunk(id=UUID(int=9), job_id=UUID(int=1), items=(), lease=UUID(int=9), available_at=later)
    )


def test_unfinished_job_is_enqueued_again_and_a_paused_one_for_the_end_of_its_pause() -> None:
    worker = Worker()
    InMemoryJobRepository(worker.store).add(job(1))
    worker.receive()
    later = datetime.now(UTC) + timedelta(minutes=1)
    worker.becomes = lambda job: job.paused(later, "Upstream is down.")
    worker.receive()
    assert worker.queue.enqueued == [None, later]


def test_ended_job_is_not_enqueued() -> None:
    worker = Worker(becomes=lambda job: job.completed(datetime.now(UTC)))
    InMemoryJobRepository(worker.store).add(job(1))
    worker.receive()
    assert worker.queue.enqueued == []


def test_duplicate_message_is_ignored_while_a_worker_runs_the_job_unless_redelivered() -> None:
    worker = Worker()
    InMemoryJobRepository(worker.store).add(evolve(job(1), state=JobState.RUNNING))
    leased(worker.store)
    worker.receive()
    assert worker.runs == 0
    worker.receive(redelivered=True)
    assert worker.runs == 1
    assert worker.queue.enqueued == []
