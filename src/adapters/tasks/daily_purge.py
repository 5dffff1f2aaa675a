from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog
from attrs import frozen

from core.access import Actor
from core.accounts.use_cases import PurgeExpired
from core.idempotency.use_cases import PurgeAnswers
from core.imports.use_cases import PurgeUploads
from core.jobs.ports import DAILY_PURGE, Schedule
from core.jobs.use_cases import PurgeJobs
from core.patients.use_cases import CompleteErasureLedger
from core.ports import Clock

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@frozen
class Purge:
    """Removes all expired data and returns the counts by kind; admin sessions are not counted. Last, completes the
    ledger of erasures."""

    clear_admin_sessions: Callable[[], object]
    purge_expired: PurgeExpired
    purge_jobs: PurgeJobs
    purge_answers: PurgeAnswers
    complete_erasure_ledger: CompleteErasureLedger

    def __call__(self, actor: Actor) -> Mapping[str, int]:
        self.clear_admin_sessions()
        expired = self.purge_expired(actor=actor)
        return {
            "sessions": expired.families,
            "keys": expired.keys,
            "jobs": self.purge_jobs(actor=actor),
            "answers": self.purge_answers(actor=actor),
            "ledger_lines": self.complete_erasure_ledger(actor=actor),
        }


@frozen
class DailyPurge:
    """Removes expired uploads whenever it is called, every hour, and purges once a day across all processes. A failed
    purge is retried the next day."""

    schedule: Schedule
    clock: Clock
    purge: Callable[[Actor], Mapping[str, int]]
    purge_uploads: PurgeUploads

    def __call__(self) -> None:
        self.purge_uploads(actor=Actor.system("purge"))
        if self.schedule.take(DAILY_PURGE, self.clock.now(), timedelta(days=1)):
            for kind, count in self.purge(Actor.system("purge")).items():
                log.info("purged", what=kind, count=count)
