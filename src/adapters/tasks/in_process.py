"""Work in the background without anything else to install: each process of the server works on jobs in one thread."""

from collections.abc import Callable
from datetime import datetime
from multiprocessing.util import Finalize
from threading import Event, Thread
from time import monotonic

import structlog

from core.access import Actor
from core.jobs.entities import Job
from core.jobs.ports import JobQueue

LOOKS_EVERY = 1.0  # seconds
LOOKS_FOR_PURGE_EVERY = 3600.0  # seconds
WORKS_FOR = 10.0  # seconds, on one job while others wait for their turn
KEEPS_STILL_FOR = 5.0  # seconds, after something failed
WAITS_FOR_WORK = 20.0  # seconds, when the process ends

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class InProcessQueue(JobQueue):
    """Wakes the worker of this process. Those of other processes find the job when they look again."""

    def __init__(self) -> None:
        self.asked = Event()

    def enqueue(self, job: Job, *, at: datetime | None = None) -> None:
        self.asked.set()


class InProcessWorker:
    """Works on every job that nobody works on, in turns of some seconds, and purges what has expired once a day. No
    failure ends it, nor keeps it from the others: what a worker left is found again, by itself or by another.

    `between` is called after each round, in the worker's thread. When the process ends, what is being done is put back,
    for others to go on with at once; a server's processes end without `atexit` before Python 3.14, so a finalizer of
    `multiprocessing` sees to it.
    """

    def __init__(
        self,
        queue: InProcessQueue,
        enqueue: Callable[..., tuple[Job, ...]],
        run: Callable[..., Job],
        purge: Callable[[], None],
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self._queue = queue
        self._hand_over = enqueue
        self._run = run
        self._purge = purge
        self._purge_looked_for = -LOOKS_FOR_PURGE_EVERY
        self._between = between
        self._stopping = Event()
        self._thread = Thread(target=self._work, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()
        Finalize(None, self.stop, exitpriority=10)

    def stop(self) -> None:
        self._stopping.set()
        self._queue.asked.set()
        self._thread.join(WAITS_FOR_WORK)

    def _work(self) -> None:
        actor = Actor.system("jobs")
        while not self._stopping.is_set():
            self._queue.asked.clear()
            if not self._round(actor):
                self._stopping.wait(KEEPS_STILL_FOR)
            self._between()
            self._queue.asked.wait(
                LOOKS_EVERY
            )  # not at all after a round with work, which was handed over to this queue

    def _round(self, actor: Actor) -> bool:
        """Whether all went well."""
        self._purge_now_and_then()
        try:
            waiting = self._hand_over(actor=actor)
        except Exception:  # whatever it was, the next round may do better
            log.warning("jobs_not_found", exc_info=True)
            return False
        went_well = [self._turn(actor, job) for job in waiting]
        return all(went_well)

    def _purge_now_and_then(self) -> None:
        if monotonic() - self._purge_looked_for >= LOOKS_FOR_PURGE_EVERY:
            self._purge_looked_for = monotonic()
            try:
                self._purge()
            except Exception:  # whatever it was, jobs do not wait for it
                log.warning("purge_failed", exc_info=True)

    def _turn(self, actor: Actor, job: Job) -> bool:
        ends = monotonic() + WORKS_FOR
        with structlog.contextvars.bound_contextvars(request_id=job.request_id, job=str(job.id)):
            try:
                self._run(actor=actor, job_id=job.id, stopping=lambda: self._stopping.is_set() or monotonic() >= ends)
            except Exception:
                log.warning("job_failed", exc_info=True)
                return False
        return True
