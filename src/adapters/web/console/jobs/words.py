"""Jobs, as people read them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from attrs import frozen
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from adapters.web.console.words import actors_in_words, span_in_words
from adapters.web.formats import count_text
from core.access import Actor
from core.accounts.use_cases import NameActors
from core.imports.entities import ImportOptions, ImportRowOutcome
from core.jobs.entities import Job, JobKind, JobState
from core.matching.entities import ScanOptions, ScanOutcome
from core.patients.values import Status
from core.sync.entities import EVERY_STATUS, SyncJobOutcome, SyncScope
from core.undo.entities import UndoOutcome

PLURALS: dict[JobKind, str | Promise] = {
    JobKind.IMPORT: gettext_lazy("Imports"),
    JobKind.SYNC: gettext_lazy("Syncs"),
    JobKind.SCAN: gettext_lazy("Duplicate scans"),
    JobKind.UNDO: gettext_lazy("Undos"),
}
ALL: dict[JobKind, str | Promise] = {
    JobKind.IMPORT: gettext_lazy("All imports"),
    JobKind.SYNC: gettext_lazy("All syncs"),
    JobKind.SCAN: gettext_lazy("All duplicate scans"),
    JobKind.UNDO: gettext_lazy("All undos"),
}
_OUTCOMES: dict[JobKind, type[StrEnum]] = {
    JobKind.IMPORT: ImportRowOutcome,
    JobKind.SYNC: SyncJobOutcome,
    JobKind.SCAN: ScanOutcome,
    JobKind.UNDO: UndoOutcome,
}
_COUNTED: dict[str, str | Promise] = {
    "added": gettext_lazy("%(count)s added"),
    "updated": gettext_lazy("%(count)s updated"),
    "unchanged": gettext_lazy("%(count)s unchanged"),
    "duplicate": gettext_lazy("%(count)s duplicate"),
    "rejected": gettext_lazy("%(count)s rejected"),
    "not_found": gettext_lazy("%(count)s not found"),
    "refused": gettext_lazy("%(count)s refused"),
    "skipped": gettext_lazy("%(count)s skipped"),
    "unavailable": gettext_lazy("%(count)s unavailable"),
    "paired": gettext_lazy("%(count)s paired"),
    "unpaired": gettext_lazy("%(count)s unpaired"),
    "restored": gettext_lazy("%(count)s restored"),
    "removed": gettext_lazy("%(count)s removed"),
}
STATES: dict[JobState, str | Promise] = {
    JobState.QUEUED: gettext_lazy("It begins as soon as a worker is free."),
    JobState.RUNNING: gettext_lazy("It is under way."),
    JobState.PAUSED: gettext_lazy("It continues by itself."),
    JobState.HELD: gettext_lazy("Nothing more is changed until an admin confirms or cancels it."),
    JobState.COMPLETED: gettext_lazy("It is done."),
    JobState.CANCELLED: gettext_lazy("What it had done stays."),
    JobState.FAILED: gettext_lazy("What it had done stays. Start another one."),
}

OF_STATUS: dict[Status, str | Promise] = {
    Status.ACTIVE: gettext_lazy("Sync of active patients"),
    Status.INACTIVE: gettext_lazy("Sync of inactive patients"),
}


@frozen
class JobInWords:
    """`counts` are a line for each outcome that there is."""

    job: Job
    title: str
    progress: str
    counts: list[str]
    who: str
    confirmed_by: str
    pace: str

    @property
    def is_dry_run(self) -> bool:
        return self.job.kind is JobKind.IMPORT and ImportOptions.of(self.job).dry_run


def jobs_in_words(jobs: Iterable[Job], actor: Actor, now: datetime, name_actors: NameActors) -> list[JobInWords]:
    found = list(jobs)
    names = {name for job in found for name in (job.actor, job.confirmed_by) if name}
    who = actors_in_words(actor, names, name_actors)
    return [
        JobInWords(
            job=job,
            title=_title(job),
            progress=_progress(job),
            counts=_counts(job),
            who=who[job.actor],
            confirmed_by=who.get(job.confirmed_by, ""),
            pace=_pace(job, now),
        )
        for job in found
    ]


def _title(job: Job) -> str:
    if job.kind is JobKind.IMPORT:
        return _("Check of a file") if ImportOptions.of(job).dry_run else pgettext("a job", "Import")
    if job.kind is JobKind.SCAN:
        return _("Duplicate scan") if ScanOptions.of(job).changed_since else _("Duplicate scan of everybody")
    return _sync_title(SyncScope.of(job)) if job.kind is JobKind.SYNC else pgettext("a job", "Undo")


def _sync_title(scope: SyncScope) -> str:
    if scope.patient_id:
        return _("Sync of one patient")
    if scope.statuses == EVERY_STATUS:
        return pgettext("a job", "Sync")
    return str(OF_STATUS[scope.statuses[0]])


def _progress(job: Job) -> str:
    """Until an import has ended, it is not known how many of the file's lines are rows."""
    if job.kind is not JobKind.IMPORT:
        items = _("%(done)s of %(total)s patients")
    else:
        items = _("%(done)s of %(total)s rows") if job.state.has_ended else _("%(done)s of %(total)s lines")
    return items % {"done": count_text(job.done), "total": count_text(job.total)}


def _counts(job: Job) -> list[str]:
    counted = [(outcome, job.counts.get(outcome, 0)) for outcome in _OUTCOMES[job.kind]]
    return [str(_COUNTED[outcome]) % {"count": count_text(count)} for outcome, count in counted if count]


def _pace(job: Job, now: datetime) -> str:
    """How fast a running job is, and the time left if it goes on like this."""
    seconds = (now - job.started_at).total_seconds() if job.started_at else 0
    if job.state is not JobState.RUNNING or not job.done or seconds < 1:
        return ""
    rate = job.done / seconds
    left = timedelta(seconds=max(job.total - job.done, 0) / rate)
    span = span_in_words(now, now + left)
    if left < timedelta(minutes=1):
        said = (
            _("About %(rate)s a second, %(left)s left.") if rate >= 1 else _("About %(rate)s a minute, %(left)s left.")
        )
    elif rate >= 1:
        said = _("About %(rate)s a second, about %(left)s left.")
    else:
        said = _("About %(rate)s a minute, about %(left)s left.")
    return said % {"rate": count_text(rate if rate >= 1 else rate * 60), "left": span}
