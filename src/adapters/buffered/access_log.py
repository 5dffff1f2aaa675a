from collections.abc import Callable, Sequence

from adapters.buffered.buffer import Buffer
from core.access_log.entities import AccessEntry
from core.access_log.ports import AccessLog


class BufferedAccessLog(AccessLog):
    """A reader waits for no write. A killed process loses the entries of the last `seconds_between`."""

    def __init__(self, save: Callable[[Sequence[AccessEntry]], None], seconds_between: float) -> None:
        self._buffer = Buffer[AccessEntry]("access log", save, seconds_between)

    def record(self, entry: AccessEntry) -> None:
        self._buffer.add(entry)

    def flush(self) -> None:
        self._buffer.flush()
