"""Work in the background without anything else to install: each process of the server works on jobs in one thread."""

from collections.abc import Callable
from datetime import datetime
from multiprocessing.util import Finalize
from threading import Event, Thread

import structlog

from core.access import Actor
from core.jobs.entities import Job
from core.jobs.ports import JobQueue

LOOKS_EVERY = 1.0  # seconds
KEEPS_STILL_FOR = 5.0  # seconds, after something failed
WAITS_FOR_WORK = 20.0  # seconds, when the process ends

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class InProcessQueue(JobQueue):
    """Wakes the worker of this process. Those of other processes find the job when they look again."""

    def __init__(self) -> None:
        self.asked = Event()

    def hand_over(self, job: Job, *, at: datetime | None = None) -> None:
        self.asked.set()


class InProcessWorker:
    """Works on every job that nobody works on, one after the other. No failure ends it: what a worker left is found
    again, by itself or by another.

    `between` is called after each round, in the worker's thread. When the process ends, what is being done is put back,
    for others to go on with at once; a server's processes end without `atexit` before Python 3.14, so a finalizer of
    `multiprocessing` sees to it.
    """

    def __init__(
        self,
        queue: InProcessQueue,
        hand_over: Callable[..., tuple[Job, ...]],
        run: Callable[..., Job],
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self._queue = queue
        self._hand_over = hand_over
        self._run = run
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
            try:
                self._round(actor)
            except Exception:  # whatever it was, the next round may do better
                log.warning("jobs_failed", exc_info=True)
                self._stopping.wait(KEEPS_STILL_FOR)
            self._between()
            self._queue.asked.wait(LOOKS_EVERY)

    def _round(self, actor: Actor) -> None:
        waiting = self._hand_over(actor=actor)
        self._queue.asked.clear()
        for job in waiting:
            with structlog.contextvars.bound_contextvars(request_id=job.request_id, job=str(job.id)):
                self._run(actor=actor, job_id=job.id, stopping=self._stopping.is_set)
