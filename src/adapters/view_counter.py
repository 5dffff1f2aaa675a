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
    """Buffers views in this process and saves them together: every few seconds, when the buffer is full, and when the
    process ends. Views that could not be saved stay in the buffer.

    The thread that flushes starts with the first view, so that each fork has its own. Views that are buffered when a
    process forks belong to the parent. Children of `multiprocessing`, such as the workers of a server, end without
    `atexit` before Python 3.14, so a finalizer of `multiprocessing` makes the last flush.
    """

    def __init__(
        self, save: Callable[[Mapping[UUID, int]], None], seconds_between: float = SECONDS_BETWEEN_FLUSHES
    ) -> None:
        self._save = save
        self._seconds = seconds_between
        self._reset()
        os.register_at_fork(after_in_child=self._reset)  # the parent's thread may have held the lock

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
        """Returns when all views recorded before are saved, including those that another thread is saving."""
        with self._flushing:
            with self._changed:
                views, self._waiting = self._waiting, Counter()
            if not views:
                return
            try:
                self._save(views)
            except RegistryError:
                log.warning("views_not_saved")
                with self._changed:
                    self._waiting.update(views)

    def _reset(self) -> None:
        self._flushing = Lock()
        self._waiting: Counter[UUID] = Counter()
        self._changed = Condition()
        self._thread: Thread | None = None

    def _flush_for_ever(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting.total() >= MAX_BUFFERED, timeout=self._seconds)
            self.flush()
