from collections.abc import Generator
from contextlib import contextmanager
from threading import Lock

from adapters.external.errors import TooManyCalls


class Bulkhead:
    """At most `size` holders at once, tasks or threads. A full bulkhead refuses instead of queueing."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self.in_use = 0

    @contextmanager
    def acquire(self) -> Generator[None]:
        """Raises `TooManyCalls`."""
        with self._lock:
            if self.in_use >= self._size:
                raise TooManyCalls
            self.in_use += 1
        try:
            yield
        finally:
            with self._lock:
                self.in_use -= 1
