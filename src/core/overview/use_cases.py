from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from attrs import frozen

from core.access import Actor, Permission
from core.jobs.entities import Job, JobKind
from core.jobs.ports import JobRepository
from core.overview.entities import AGES, FRESH_FOR, DayCount, Freshness, Overview
from core.overview.ports import RegistryCounts
from core.patients.values import Status
from core.ports import Cache, Clock
from core.sync.entities import SyncJobOutcome
from core.values import MAX_PER_PAGE

DAYS = 30
MAX_JOBS = 1000
LIFETIME = timedelta(minutes=1)
_KEY = "overview"
_SYNCED = (SyncJobOutcome.UPDATED, SyncJobOutcome.UNCHANGED)


@frozen
class ViewOverview:
    """The registry in numbers, at most a minute old: counting reads every record. Days are the last 30 in `time_zone`.
    Of the sync jobs, the newest 1000 are counted.

    Raises `Forbidden`, `Unavailable`.
    """

    counts: RegistryCounts
    jobs: JobRepository
    cache: Cache
    clock: Clock
    time_zone: tzinfo

    def __call__(self, *, actor: Actor) -> Overview:
        for permission in (Permission.VIEW_PATIENTS, Permission.REVIEW_PATIENTS, Permission.MANAGE_JOBS):
            actor.require(permission)
        return self.cache.get(_KEY, Overview, LIFETIME, self._count)

    def _count(self) -> Overview:
        now, today = self.clock.now(), self.clock.today()
        by_status, by_freshness = self.counts.by_status(), self.counts.by_freshness(now - FRESH_FOR)
        return Overview(
            counted_at=now,
            by_status={status: by_status.get(status, 0) for status in Status},
            by_age=self._by_age(today.year),
            by_freshness={freshness: by_freshness.get(freshness, 0) for freshness in Freshness},
            registered=self._registered(today),
            synced=self._synced(today),
            open_duplicates=self.counts.open_duplicates(),
        )

    def _by_age(self, year: int) -> tuple[int, ...]:
        """Of those who are younger than the next group begins, the ones who are not younger than this one does."""
        younger = self.counts.born_since([*(year - age + 1 for age in AGES), 0])
        return tuple(older - own for own, older in pairwise(younger))

    def _registered(self, today: date) -> tuple[DayCount, ...]:
        days = [*_last_days(today), today + timedelta(days=1)]
        return tuple(
            DayCount(day, self.counts.registered(self._start(day), self._start(following)))
            for day, following in pairwise(days)
        )

    def _synced(self, today: date) -> tuple[DayCount, ...]:
        days = _last_days(today)
        synced = Counter[date]()
        for job in self._sync_jobs(self._start(days[0])):
            synced[job.created_at.astimezone(self.time_zone).date()] += sum(job.counts.get(one, 0) for one in _SYNCED)
        return tuple(DayCount(day, synced[day]) for day in days)

    def _sync_jobs(self, since: datetime) -> Iterator[Job]:
        after = None
        for _ in range(MAX_JOBS // MAX_PER_PAGE):
            page = self.jobs.find(JobKind.SYNC, after=after, limit=MAX_PER_PAGE)
            yield from (job for job in page.items if job.created_at >= since)
            after = page.next
            if after is None or page.items[-1].created_at < since:
                return

    def _start(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.time_zone)


def _last_days(today: date) -> list[date]:
    return [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
