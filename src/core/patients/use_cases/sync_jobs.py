from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import FaultList, parse_one
from core.jobs.entities import Job, JobKind
from core.jobs.errors import JobNotFound
from core.jobs.ports import JobQueue, Jobs
from core.paging import Page
from core.patients.jobs import SyncOutcome, SyncScope
from core.patients.ports import PatientRepository, SyncOutcomes
from core.ports import Atomic, Clock, Ids
from core.values import DEFAULT_PER_PAGE, page_limit


@frozen
class StartSyncJob:
    """Asks for one patient, or all in a status (archived ones excepted), to be synced in the background: of those who
    are there now, each once.

    With a `key`, a second job is refused until the first one has ended. `faults` found in the input already are raised
    with those of its values.
    The job is stored before anybody is asked to work on it, and does not depend on that being possible now.
    Raises `Forbidden`, `Invalid`, `PatientNotFound`, `PatientArchived`, `JobUnderWay`.
    """

    jobs: Jobs
    patients: PatientRepository
    queue: JobQueue
    atomic: Atomic
    clock: Clock
    ids: Ids

    def __call__(
        self,
        *,
        actor: Actor,
        status: str | None = None,
        patient_id: UUID | None = None,
        key: str | None = None,
        faults: FaultList | None = None,
    ) -> Job:
        actor.require(Permission.MANAGE_JOBS)
        scope = SyncScope.parse(status, patient_id, faults)
        if scope.patient_id:
            self.patients.get(scope.patient_id).refuse_if_archived()
        now = self.clock.now()
        job = Job(
            id=self.ids.new(now),
            kind=JobKind.SYNC,
            actor=actor.name,
            request_id=actor.request_id,
            options=scope.options,
            created_at=now,
            key=key,
            total=1 if scope.patient_id else self.patients.how_many(scope.statuses),
        )
        self.atomic(lambda: self.jobs.add(job))
        self.queue.hand_over(job)
        return job


@frozen
class ListSyncFailures:
    """The patients of a job whom somebody should look at: what upstream said of them was refused, it knows nothing of
    them or failed for them alone, or both sides changed the same field. Raises `Forbidden`, `Invalid`, `JobNotFound`.
    """

    jobs: Jobs
    outcomes: SyncOutcomes

    def __call__(
        self, *, actor: Actor, job_id: UUID, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> Page[SyncOutcome]:
        actor.require(Permission.MANAGE_JOBS)
        if self.jobs.get(job_id).kind is not JobKind.SYNC:
            raise JobNotFound
        return self.outcomes.failures(job_id, after=after, limit=parse_one("limit", page_limit, limit))
