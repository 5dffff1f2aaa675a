"""The in-process job engine: each server process runs jobs in one thread."""

from collections.abc import Callable
from datetime import datetime
from multiprocessing.util import Finalize
from threading import Event, Thread
from time import monotonic

import structlog

from core.access import Actor
from core.jobs.entities import Job
from core.jobs.ports import JobQueue

POLL_INTERVAL = 1.0  # seconds
PURGE_CHECK_INTERVAL = 3600.0  # seconds
TIME_SLICE = 10.0  # seconds on one job before the next one
ERROR_DELAY = 5.0  # seconds
STOP_TIMEOUT = 20.0  # seconds

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class InProcessQueue(JobQueue):
    """Wakes the worker of this process. Other processes find the job when they poll."""

    def __init__(self, after_commit: Callable[[Callable[[], None]], None] = lambda work: work()) -> None:
        self.wake_up = Event()
        self._after_commit = after_commit

    def enqueue(self, job: Job, *, at: datetime | None = None) -> None:
        self._after_commit(self.wake_up.set)


class InProcessWorker:
    """Runs every runnable job in time slices, and purges expired data once a day. An error neither ends the worker nor
    blocks other jobs: a later round runs the failed job again.

    `after_round` is called in the worker's thread. At process exit the worker releases its work, so that others can
    continue it at once. Before Python 3.14 server processes exit without `atexit`, so a `multiprocessing` finalizer
    stops the worker.
    """

    def __init__(
        self,
        queue: InProcessQueue,
        dispatch: Callable[..., tuple[Job, ...]],
        run: Callable[..., Job],
        purge: Callable[[], None],
        after_round: Callable[[], None] = lambda: None,
    ) -> None:
        self._queue = queue
        self._dispatch = dispatch
        self._run = run
        self._purge = purge
        self._purge_checked_at = -PURGE_CHECK_INTERVAL
        self._after_round = after_round
        self._stopping = Event()
        self._thread = Thread(target=self._work, name="jobs", daemon=True)

    def start(self) -> None:
        Finalize(None, self.stop, exitpriority=10)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._queue.wake_up.set()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT)

    def _work(self) -> None:
        actor = Actor.system("jobs")
        while not self._stopping.is_set():
            self._queue.wake_up.clear()
            if not self._round(actor):
                self._stopping.wait(ERROR_DELAY)
            self._after_round()
            self._queue.wake_up.wait(POLL_INTERVAL)  # returns at once if the round enqueued jobs

    def _round(self, actor: Actor) -> bool:
        """Returns whether every step succeeded."""
        self._purge_if_due()
        try:
            jobs = self._dispatch(actor=actor)
        except Exception:  # the next round tries again
            log.warning("job_dispatch_failed", exc_info=True)
            return False
        succeeded = [self._run_time_slice(actor, job) for job in jobs]
        return all(succeeded)

    def _purge_if_due(self) -> None:
        if monotonic() - self._purge_checked_at >= PURGE_CHECK_INTERVAL:
            self._purge_checked_at = monotonic()
            try:
                self._purge()
            except Exception:  # it must not block jobs
                log.warning("purge_failed", exc_info=True)

    def _run_time_slice(self, actor: Actor, job: Job) -> bool:
        ends = monotonic() + TIME_SLICE
        with structlog.contextvars.bound_contextvars(request_id=job.request_id, job=str(job.id)):
            try:
                self._run(actor=actor, job_id=job.id, stopping=lambda: self._stopping.is_set() or monotonic() >= ends)
            except Exception:
                log.warning("job_failed", exc_info=True)
                return False
        return True
