from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.errors import ErrorCollector, parse_field
from core.jobs.entities import Job, JobKind
from core.jobs.errors import JobUnderWay
from core.jobs.ports import JobQueue, JobRepository
from core.paging import Page
from core.patients.ports import PatientRepository
from core.ports import Atomic
from core.sync.change_limits import HeldChange
from core.sync.entities import SyncJobResult, SyncScope
from core.sync.ports import HeldChanges, SyncJobResults
from core.sync.services.job_starter import SyncJobStarter
from core.values import DEFAULT_PER_PAGE, parse_page_limit

NIGHTLY_SYNC_KEY = "nightly-sync"


@frozen
class StartSyncJob:
    """Starts a background sync of one patient, or of all patients in a status (archived ones excepted).

    The job covers the patients that exist now, each once. `errors` are errors of the input that the caller has already
    found; they are raised together with those of the scope. Raises `Forbidden`, `ValidationError`, `PatientNotFound`,
    `PatientArchived`.
    """

    patients: PatientRepository
    starter: SyncJobStarter

    def __call__(
        self,
        *,
        actor: Actor,
        status: str | None = None,
        patient_id: UUID | None = None,
        errors: ErrorCollector | None = None,
    ) -> Job:
        actor.require(Permission.MANAGE_JOBS)
        scope = SyncScope.parse(status, patient_id, errors)
        if scope.patient_id:
            self.patients.get(scope.patient_id).ensure_not_archived()
        return self.starter.start(actor, scope)


@frozen
class StartNightlySync:
    """Starts a background sync of all patients, or returns None while the previous nightly sync is unfinished.

    Raises `Forbidden`.
    """

    starter: SyncJobStarter

    def __call__(self, *, actor: Actor) -> Job | None:
        actor.require(Permission.MANAGE_JOBS)
        try:
            return self.starter.start(actor, SyncScope(), key=NIGHTLY_SYNC_KEY)
        except JobUnderWay:
            return None


@frozen
class ViewNightlySync:
    """The newest nightly sync, or None if none is stored. Raises `Forbidden`."""

    jobs: JobRepository

    def __call__(self, *, actor: Actor) -> Job | None:
        actor.require(Permission.MANAGE_JOBS)
        return self.jobs.newest(JobKind.SYNC, NIGHTLY_SYNC_KEY)


@frozen
class ListSyncFailures:
    """Lists the patients of a sync job that need review: upstream does not know them, returned an error or invalid data
    for them, or both sides changed the same field. Raises `Forbidden`, `ValidationError`, `JobNotFound`.
    """

    jobs: JobRepository
    results: SyncJobResults

    def __call__(
        self, *, actor: Actor, job_id: UUID, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> Page[SyncJobResult]:
        actor.require(Permission.MANAGE_JOBS)
        self.jobs.get(job_id).ensure_kind(JobKind.SYNC)
        return self.results.failures(job_id, after=after, limit=parse_field("limit", parse_page_limit, limit))


@frozen
class ListHeldChanges:
    """Lists a sample of what a held sync job would change. Raises `Forbidden`, `JobNotFound`."""

    jobs: JobRepository
    changes: HeldChanges
    accesses: AccessRecorder

    def __call__(self, *, actor: Actor, job_id: UUID) -> tuple[HeldChange, ...]:
        actor.require(Permission.MANAGE_JOBS)
        actor.require(Permission.VIEW_PATIENTS)
        self.jobs.get(job_id).ensure_kind(JobKind.SYNC)
        changes = self.changes.get(job_id)
        ids = {change.patient_id for change in changes}
        self.accesses.record_each(actor, AccessAction.HELD_CHANGES_VIEWED, ids, detail=str(job_id))
        return changes


@frozen
class ConfirmSyncJob:
    """Lets a held sync job continue, without limits to its changes.

    Raises `Forbidden`, `JobNotFound`, `JobEnded`, `JobNotHeld`.
    """

    jobs: JobRepository
    changes: HeldChanges
    queue: JobQueue
    atomic: Atomic

    def __call__(self, *, actor: Actor, job_id: UUID) -> Job:
        actor.require(Permission.CONFIRM_JOBS)

        def confirm() -> Job:
            job = self.jobs.lock(job_id).ensure_kind(JobKind.SYNC).confirmed(actor.name)
            self.jobs.replace(job)
            self.changes.replace(job_id, [])
            return job

        job = self.atomic(confirm)
        self.queue.enqueue(job)
        return job
