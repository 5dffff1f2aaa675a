import os
from collections import Counter
from collections.abc import Callable, Mapping
from multiprocessing.util import Finalize
from threading import Condition, Lock, Thread
from uuid import UUID

import structlog

from core.errors import RegistryError
from core.posts.ports import ViewCounter

SECONDS_BETWEEN_FLUSHES = 10.0
MAX_BUFFERED = 1_000

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class BufferedViewCounter(ViewCounter):
    """Counts views in this process and hands them on together: every some seconds, when many wait, and when the process
    ends. What could not be handed on waits for the next time.

    The thread that does so starts with the first view that a process counts, so that a fork has its own. What waits
    when a process forks is the parent's to hand on. Children of `multiprocessing`, as a server's workers may be, end
    without `atexit` before Python 3.14, so it is a finalizer of `multiprocessing` that hands on what is left.
    """

    def __init__(
        self, hand_on: Callable[[Mapping[UUID, int]], None], seconds_between: float = SECONDS_BETWEEN_FLUSHES
    ) -> None:
        self._hand_on = hand_on
        self._seconds = seconds_between
        self._start_anew()
        os.register_at_fork(after_in_child=self._start_anew)  # the parent's thread may have held the lock

    def record_view(self, post_id: UUID) -> None:
        with self._changed:
            if self._thread is None:
                self._thread = Thread(target=self._flush_for_ever, name="views", daemon=True)
                self._thread.start()
                Finalize(None, self.flush, exitpriority=0)
            self._waiting[post_id] += 1
            if self._waiting.total() >= MAX_BUFFERED:
                self._changed.notify()

    def flush(self) -> None:
        """Returns when all views counted before are handed on, those that another thread has taken included."""
        with self._handing_on:
            with self._changed:
                views, self._waiting = self._waiting, Counter()
            if not views:
                return
            try:
                self._hand_on(views)
            except RegistryError:
                log.warning("views_kept_back")
                with self._changed:
                    self._waiting.update(views)

    def _start_anew(self) -> None:
        self._handing_on = Lock()
        self._waiting: Counter[UUID] = Counter()
        self._changed = Condition()
        self._thread: Thread | None = None

    def _flush_for_ever(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting.total() >= MAX_BUFFERED, timeout=self._seconds)
            self.flush()
