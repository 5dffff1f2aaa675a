"""Jobs, as people read them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from attrs import frozen
from django.utils.timesince import timesince

from adapters.web.console.words import actors_in_words, in_words
from core.access import Actor
from core.accounts.use_cases import NameActors
from core.imports.entities import ImportOptions, ImportRowOutcome
from core.jobs.entities import Job, JobKind, JobState
from core.matching.entities import ScanOptions, ScanOutcome
from core.sync.entities import EVERY_STATUS, SyncJobOutcome, SyncScope
from core.undo.entities import UndoOutcome

PLURALS = {
    JobKind.IMPORT: "Imports",
    JobKind.SYNC: "Syncs",
    JobKind.SCAN: "Duplicate scans",
    JobKind.UNDO: "Undos",
}
_OUTCOMES: dict[JobKind, type[StrEnum]] = {
    JobKind.IMPORT: ImportRowOutcome,
    JobKind.SYNC: SyncJobOutcome,
    JobKind.SCAN: ScanOutcome,
    JobKind.UNDO: UndoOutcome,
}
STATES = {
    JobState.QUEUED: "It begins as soon as a worker is free.",
    JobState.RUNNING: "It is under way.",
    JobState.PAUSED: "It continues by itself.",
    JobState.HELD: "Nothing more is changed until an admin confirms or cancels it.",
    JobState.COMPLETED: "It is done.",
    JobState.CANCELLED: "What it had done stays.",
    JobState.FAILED: "What it had done stays. Start another one.",
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
        return "Import, dry run" if ImportOptions.of(job).dry_run else "Import"
    if job.kind is JobKind.SCAN:
        return "Duplicate scan" if ScanOptions.of(job).changed_since else "Duplicate scan of everybody"
    return _sync_title(SyncScope.of(job)) if job.kind is JobKind.SYNC else "Undo"


def _sync_title(scope: SyncScope) -> str:
    if scope.patient_id:
        return "Sync of one patient"
    return "Sync" if scope.statuses == EVERY_STATUS else f"Sync of {scope.statuses[0]} patients"


def _progress(job: Job) -> str:
    """Until an import has ended, it is not known how many of the file's lines are rows."""
    items = "patients" if job.kind is not JobKind.IMPORT else "rows" if job.state.has_ended else "lines"
    return f"{job.done:,} of {job.total:,} {items}"


def _counts(job: Job) -> list[str]:
    counted = [(outcome, job.counts.get(outcome, 0)) for outcome in _OUTCOMES[job.kind]]
    return [f"{count:,} {in_words(outcome).lower()}" for outcome, count in counted if count]


def _pace(job: Job, now: datetime) -> str:
    """How fast a running job is, and the time left if it goes on like this."""
    seconds = (now - job.started_at).total_seconds() if job.started_at else 0
    if job.state is not JobState.RUNNING or not job.done or seconds < 1:
        return ""
    rate = job.done / seconds
    speed = f"{rate:,.0f} a second" if rate >= 1 else f"{rate * 60:,.0f} a minute"
    left = timedelta(seconds=max(job.total - job.done, 0) / rate)
    rest = "less than a minute" if left < timedelta(minutes=1) else f"about {timesince(now, now + left, depth=1)}"
    return f"About {speed}, {rest} left."
