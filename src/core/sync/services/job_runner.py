from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, field, frozen

from core.access import Actor
from core.errors import RetryableError
from core.jobs.entities import Chunk, Job
from core.jobs.errors import JobEnded, LeaseLost
from core.jobs.ports import Runner
from core.jobs.services.leases import MAX_TAKEOVERS, Allocation, Completion, Lease, LeaseManager
from core.patients.errors import PatientArchived, PatientNotFound
from core.patients.ports import PatientRepository
from core.patients.values import Status
from core.ports import Clock
from core.sync.entities import SyncJobOutcome, SyncJobResult, SyncScope
from core.sync.errors import ExternalIdChanged, NoUpstreamRecord
from core.sync.merge import SyncResult
from core.sync.ports import PatientGateway, SyncJobResults
from core.sync.services.batch import SyncBatch
from core.sync.services.merger import Merger, MergeResult

RETRIES = 3
MAX_TAKEOVERS_OF_ONE = MAX_TAKEOVERS - 1
INTERNAL_ERROR = "internal-error"
MIN_PAUSE = timedelta(seconds=1)
DEFAULT_PAUSE = timedelta(seconds=30)


@frozen
class SyncJobRunner(Runner):
    """Syncs a job's patients as `SyncPatient` does, a chunk at a time, each of them once.

    While upstream is down or asks for fewer calls, the whole job waits for as long as it was told to, and that counts
    against no patient. One for whom upstream fails while it answers for others is tried again three times, `first_wait`
    later, then twice as long after that, and so on, before the outcome is `unavailable`.
    """

    leases: LeaseManager
    patients: PatientRepository
    gateway: PatientGateway
    merger: Merger
    outcomes: SyncJobResults
    clock: Clock
    at_a_time: int = field(default=100, kw_only=True)
    first_wait: timedelta = field(default=timedelta(minutes=1), kw_only=True)

    def __call__(self, job: Job, *, stopping: Callable[[], bool]) -> None:
        while not stopping() and (lease := self.leases.claim(job.id, self._hand_out)):
            try:
                self._do(lease, stopping)
            except (LeaseLost, JobEnded):
                continue

    def _hand_out(self, job: Job) -> Allocation | None:
        scope = SyncScope.of(job)
        if scope.patient_id:
            return Allocation((scope.patient_id,), None)
        after = UUID(job.position) if job.position else None
        ids = self.patients.ids(scope.statuses, after=after, before=job.id, limit=self.at_a_time)
        return Allocation(ids, str(ids[-1]) if len(ids) == self.at_a_time else None) if ids else None

    def _do(self, lease: Lease, stopping: Callable[[], bool]) -> None:
        if lease.chunk.takeovers >= MAX_TAKEOVERS_OF_ONE and len(lease.chunk.items) == 1:
            self._give_up(lease, lease.chunk.items[0])
            return
        done = self._begun(lease.chunk)
        ids = {external_id: patient_id for patient_id, external_id in done.external_ids.items()}
        try:
            with closing(self.gateway.fetch_all(ids, request_id=lease.job.request_id)) as answers:
                for external_id, answer in answers:
                    done.fetched[ids[external_id]] = answer
                    lease = self.leases.renewed(lease)
                    if stopping():
                        break
        except RetryableError as backoff_reason:
            done = evolve(done, backoff_reason=backoff_reason)
        self._settle(lease, done)

    def _give_up(self, lease: Lease, patient_id: UUID) -> None:
        """Nobody could sync this one alone, time and again: the error is ours, and the job goes on without it."""

        def settle() -> Completion:
            outcome = SyncJobResult(patient_id, SyncJobOutcome.REFUSED, self.clock.now(), INTERNAL_ERROR)
            self.outcomes.record(lease.job.id, [outcome])
            return Completion({outcome.outcome.value: 1})

        self.leases.complete(lease, settle)

    def _begun(self, chunk: Chunk) -> SyncBatch:
        found = {patient.id: patient for patient in self.patients.get_all(chunk.items)}
        gone = {one: PatientNotFound.kind for one in chunk.items if one not in found}
        gone |= {one: NoUpstreamRecord.kind for one, patient in found.items() if patient.external_id is None}
        gone |= {one: PatientArchived.kind for one, patient in found.items() if patient.status is Status.ARCHIVED}
        asked = {one: patient.external_id for one, patient in found.items() if one not in gone and patient.external_id}
        return SyncBatch(self.clock.now(), asked, gone, {})

    def _settle(self, lease: Lease, done: SyncBatch) -> None:
        last_try = done.complete and lease.chunk.tries >= RETRIES
        said, verdicts = done.classify(self.merger.rules, last_try=last_try)
        actor = Actor(lease.job.actor, frozenset(), lease.job.request_id)

        def settle() -> Completion:
            now = self.clock.now()
            outcomes = [_outcome(one, merged, now) for one, merged in self.merger.apply(actor, said).items()]
            outcomes += [SyncJobResult(one, outcome, now, reason) for one, (outcome, reason) in verdicts.items()]
            self.outcomes.record(lease.job.id, outcomes)
            counts = Counter(outcome.outcome.value for outcome in outcomes)
            rest = self._rest(lease.chunk, {outcome.patient_id for outcome in outcomes}, done, now)
            return Completion(counts, rest, _pause(done.backoff_reason, now))

        self.leases.complete(lease, settle)

    def _rest(self, chunk: Chunk, settled: set[UUID], done: SyncBatch, now: datetime) -> Chunk | None:
        rest = tuple(one for one in chunk.items if one not in settled)
        if not rest:
            return None
        if not done.complete:
            return evolve(chunk, items=rest, lease=None, available_at=now)
        available_at = now + self.first_wait * 2**chunk.tries
        return evolve(chunk, items=rest, lease=None, available_at=available_at, tries=chunk.tries + 1)


def _pause(backoff_reason: RetryableError | None, now: datetime) -> tuple[datetime, str] | None:
    if backoff_reason is None:
        return None
    asked = backoff_reason.retry_after or DEFAULT_PAUSE
    return now + max(asked, MIN_PAUSE), str(backoff_reason)


def _outcome(patient_id: UUID, merged: MergeResult, at: datetime) -> SyncJobResult:
    if isinstance(merged, SyncResult):
        return SyncJobResult(patient_id, SyncJobOutcome(merged.outcome.value), at, conflicts=merged.conflicts)
    skipped = isinstance(merged, PatientNotFound | PatientArchived | ExternalIdChanged)
    return SyncJobResult(patient_id, SyncJobOutcome.SKIPPED if skipped else SyncJobOutcome.REFUSED, at, merged.kind)
