import os
from collections.abc import Callable, Sequence
from multiprocessing.util import Finalize
from threading import Condition, Lock, Thread
from time import sleep
from typing import Generic, TypeVar

import structlog

from core.errors import Unavailable

MAX_UNSAVED = 1_000
MAX_WAITING = 10_000

T = TypeVar("T")

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Buffer(Generic[T]):
    """Buffers items in this process and saves them together, in order: every few seconds, when many wait, and when the
    process ends. Items that could not be saved stay in the buffer.

    The thread that flushes starts with the first item, so that each fork has its own. Items that are buffered when a
    process forks belong to the parent. Children of `multiprocessing`, such as the workers of a server, end without
    `atexit` before Python 3.14, so a finalizer of `multiprocessing` makes the last flush.
    """

    def __init__(self, name: str, save: Callable[[Sequence[T]], None], seconds_between: float) -> None:
        self._name = name
        self._save = save
        self._seconds = seconds_between
        self._reset()
        os.register_at_fork(after_in_child=self._reset)  # the parent's thread may have held the lock

    def add(self, item: T) -> None:
        """Raises `Unavailable` while `MAX_WAITING` items wait."""
        with self._changed:
            if len(self._waiting) + self._under_way >= MAX_WAITING:
                raise Unavailable
            if self._thread is None:
                thread = Thread(target=self._flush_for_ever, name=self._name, daemon=True)
                thread.start()
                self._thread = thread
                Finalize(None, self.flush, exitpriority=0)
            self._waiting.append(item)
            if len(self._waiting) >= MAX_UNSAVED:
                self._changed.notify()

    def flush(self) -> bool:
        """Returns when all items added before are saved, including those that another thread is saving; False if they
        could not be saved."""
        with self._flushing:
            with self._changed:
                items, self._waiting = self._waiting, []
                self._under_way = len(items)
            kept: list[T] = []
            try:
                if items:
                    self._save(items)
            except Exception as error:  # noqa: BLE001 (whatever failed, the items are kept)
                log.warning("not_saved", what=self._name, count=len(items), error=type(error).__name__)
                kept = items
            with self._changed:
                self._waiting = kept + self._waiting
                self._under_way = 0
            return not kept

    def _reset(self) -> None:
        self._flushing = Lock()
        self._waiting: list[T] = []
        self._under_way = 0
        self._changed = Condition()
        self._thread: Thread | None = None

    def _flush_for_ever(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: len(self._waiting) >= MAX_UNSAVED, timeout=self._seconds)
            if not self.flush():
                sleep(self._seconds)
