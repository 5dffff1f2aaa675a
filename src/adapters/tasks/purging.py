from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from attrs import frozen

from core.access import Actor
from core.jobs.ports import Schedule
from core.ports import Clock

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@frozen
class DailyPurge:
    """Removes what has expired, once a day for all processes. One that fails is tried again the next day."""

    schedule: Schedule
    clock: Clock
    purges: Sequence[Callable[[Actor], object]]

    def __call__(self) -> None:
        if self.schedule.take("purge", self.clock.now(), timedelta(days=1)):
            actor = Actor.system("purge")
            for purge in self.purges:
                purge(actor)
            log.info("purged")
