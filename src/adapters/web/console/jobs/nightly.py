"""The last and the next nightly sync."""

from datetime import datetime, time, timedelta

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.conf import settings
from django.utils import timezone

from core.access import Actor
from core.jobs.entities import Job
from core.sync.use_cases import ViewNightlySync


@frozen
class NightlySync:
    """`next_at` is None if it is not scheduled, `last` if none is stored."""

    next_at: datetime | None
    last: Job | None


@inject
def nightly_sync(actor: Actor, now: datetime, view: ViewNightlySync = Provide["view_nightly_sync"]) -> NightlySync:
    return NightlySync(next_run(settings.NIGHTLY_SYNC, now), view(actor=actor))


def next_run(at: tuple[int, int] | None, now: datetime) -> datetime | None:
    """At this hour and minute in the registry's time zone."""
    if at is None:
        return None
    zone = timezone.get_default_timezone()
    today = now.astimezone(zone).date()
    runs = (datetime.combine(today + timedelta(days=days), time(*at), zone) for days in (0, 1))
    return next(run for run in runs if run > now)
