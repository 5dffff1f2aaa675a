from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from uuid import UUID

from adapters.buffered.buffer import Buffer
from core.errors import Unavailable
from core.posts.ports import ViewCounter

SECONDS_BETWEEN_FLUSHES = 10.0


class BufferedViewCounter(ViewCounter):
    """While the store does not take them, views beyond those that the buffer holds are not counted."""

    def __init__(
        self, save: Callable[[Mapping[UUID, int]], None], seconds_between: float = SECONDS_BETWEEN_FLUSHES
    ) -> None:
        self._buffer = Buffer[UUID]("views", lambda post_ids: save(Counter(post_ids)), seconds_between)

    def record_view(self, post_id: UUID) -> None:
        with suppress(Unavailable):
            self._buffer.add(post_id)

    def flush(self) -> None:
        self._buffer.flush()
