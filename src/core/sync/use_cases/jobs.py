from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import ErrorCollector, parse_one
from core.jobs.entities import Job, JobKind
from core.jobs.errors import JobNotFound
from core.jobs.ports import JobQueue, JobRepository
from core.paging import Page
from core.patients.ports import PatientRepository
from core.ports import Atomic, Clock, IdGenerator
from core.sync.entities import SyncJobResult, SyncScope
from core.sync.ports import SyncJobResults
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class StartSyncJob:
    """Asks for one patient, or all in a status (archived ones excepted), to be synced in the background: of those who
    are there now, each once.

    With a `key`, a second job is refused until the first one has ended. `errors` found in the input already are raised
    with those of its values.
    The job is stored before anybody is asked to work on it, and does not depend on that being possible now.
    Raises `Forbidden`, `ValidationError`, `PatientNotFound`, `PatientArchived`, `JobUnderWay`.
    """

    jobs: JobRepository
    patients: PatientRepository
    queue: JobQueue
    atomic: Atomic
    clock: Clock
    ids: IdGenerator

    def __call__(
        self,
        *,
        actor: Actor,
        status: str | None = None,
        patient_id: UUID | None = None,
        key: str | None = None,
        errors: ErrorCollector | None = None,
    ) -> Job:
        actor.require(Permission.MANAGE_JOBS)
        scope = SyncScope.parse(status, patient_id, errors)
        if scope.patient_id:
            self.patients.get(scope.patient_id).ensure_not_archived()
        now = self.clock.now()
        job = Job(
            id=self.ids.new(now),
            kind=JobKind.SYNC,
            actor=actor.name,
            request_id=actor.request_id,
            options=scope.options,
            created_at=now,
            key=key,
            total=1 if scope.patient_id else self.patients.count_by_status(scope.statuses),
        )
        self.atomic(lambda: self.jobs.add(job))
        self.queue.enqueue(job)
        return job


@frozen
class ListSyncFailures:
    """The patients of a job whom somebody should look at: what upstream said of them was refused, it knows nothing of
    them or failed for them alone, or both sides changed the same field. Raises `Forbidden`, `ValidationError`,
    `JobNotFound`.
    """

    jobs: JobRepository
    outcomes: SyncJobResults

    def __call__(
        self, *, actor: Actor, job_id: UUID, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> Page[SyncJobResult]:
        actor.require(Permission.MANAGE_JOBS)
        if self.jobs.get(job_id).kind is not JobKind.SYNC:
            raise JobNotFound
        return self.outcomes.failures(job_id, after=after, limit=parse_one("limit", parse_page_limit, limit))
