from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, field, frozen

from core.errors import RetryableError
from core.jobs.entities import Chunk, Job
from core.jobs.ports import Runner
from core.jobs.services.leases import MAX_TAKEOVERS, Allocation, Completion, Lease, LeaseManager, Pause
from core.patients.errors import PatientArchived, PatientNotFound
from core.ports import Clock
from core.sync.change_limits import ChangeLimits, UnusualChanges, ensure_usual
from core.sync.entities import SyncJobOutcome, SyncJobResult, SyncScope
from core.sync.errors import ExternalIdChanged
from core.sync.merge import SyncResult
from core.sync.ports import HeldChanges, PatientGateway, PatientsForSync, SyncJobResults
from core.sync.services.batch import SyncBatch
from core.sync.services.merger import Merger, MergeResult

MAX_RETRIES = 3
MAX_TAKEOVERS_OF_ONE_PATIENT = MAX_TAKEOVERS - 1
INTERNAL_ERROR = "internal-error"
MIN_PAUSE = timedelta(seconds=1)
DEFAULT_PAUSE = timedelta(seconds=30)


@frozen
class SyncJobRunner(Runner):
    """Syncs a job's patients chunk by chunk, each as `SyncPatient` does.

    While upstream is down or limits the rate, the whole job pauses for as long as upstream asks; this does not count as
    a retry. A patient that upstream fails for, while it responds for others, is retried three times: after
    `first_retry_delay`, then after twice that, and so on. Then the outcome is `unavailable`.

    A chunk with unusual changes changes nothing: the job is held, with a sample of them, unless it was confirmed.
    """

    leases: LeaseManager
    patients: PatientsForSync
    gateway: PatientGateway
    merger: Merger
    results: SyncJobResults
    held_changes: HeldChanges
    limits: ChangeLimits
    clock: Clock
    chunk_size: int = field(default=100, kw_only=True)
    first_retry_delay: timedelta = field(default=timedelta(minutes=1), kw_only=True)

    def __call__(self, job: Job, *, stopping: Callable[[], bool]) -> None:
        self.leases.work(job, lambda lease: self._run(lease, stopping), stopping=stopping, allocate=self.allocate)

    def allocate(self, job: Job) -> Allocation | None:
        scope = SyncScope.of(job)
        if scope.patient_id:
            return Allocation((scope.patient_id,), None)
        after = UUID(job.position) if job.position else None
        ids = self.patients.ids(scope.statuses, after=after, before=job.id, limit=self.chunk_size)
        return Allocation.of(ids, self.chunk_size)

    def _run(self, lease: Lease, stopping: Callable[[], bool]) -> None:
        if lease.chunk.takeovers >= MAX_TAKEOVERS_OF_ONE_PATIENT and len(lease.chunk.items) == 1:
            self._give_up(lease, lease.chunk.items[0])
            return
        batch = self.start_batch(lease.chunk)
        lease = self._fetch(lease, batch, stopping)
        self.complete(lease, batch)

    def _give_up(self, lease: Lease, patient_id: UUID) -> None:
        """Every worker failed on this one patient: an internal error, which must not block the job."""

        def work() -> Completion:
            result = SyncJobResult(patient_id, SyncJobOutcome.REFUSED, self.clock.now(), INTERNAL_ERROR)
            self.results.record(lease.job.id, [result])
            return Completion({result.outcome.value: 1})

        self.leases.complete(lease, work)

    def start_batch(self, chunk: Chunk) -> SyncBatch:
        patients = self.patients.get_all(chunk.items)
        merged_into = {patient.merged_into for patient in patients if patient.merged_into}
        survivors = {patient.id: patient for patient in self.patients.get_all(merged_into)}
        return SyncBatch.of(chunk.items, patients, self.clock.now(), survivors)

    def _fetch(self, lease: Lease, batch: SyncBatch, stopping: Callable[[], bool]) -> Lease:
        """Fills the batch and returns the renewed lease."""
        patient_ids = {external_id: patient_id for patient_id, external_id in batch.external_ids.items()}
        try:
            with closing(self.gateway.fetch_all(patient_ids, request_id=lease.job.request_id)) as results:
                for external_id, result in results:
                    batch.fetched[patient_ids[external_id]] = result
                    lease = self.leases.renew(lease)
                    if stopping():
                        break
        except RetryableError as error:
            batch.backoff_reason = error
        return lease

    def complete(self, lease: Lease, batch: SyncBatch) -> None:
        last_try = batch.complete and lease.chunk.tries >= MAX_RETRIES
        records, outcomes = batch.classify(self.merger.read, last_try=last_try)
        actor = lease.job.requester

        def work() -> Completion:
            now = self.clock.now()
            merged = self.merger.apply(actor, records)
            if not lease.job.confirmed_by:
                ensure_usual((one for one in merged.values() if isinstance(one, SyncResult)), self.limits)
            results = [_job_result(patient_id, result, now) for patient_id, result in merged.items()]
            results += [
                SyncJobResult(patient_id, outcome, now, reason) for patient_id, (outcome, reason) in outcomes.items()
            ]
            self.results.record(lease.job.id, results)
            counts = Counter(result.outcome.value for result in results)
            rest = self._rest(lease.chunk, {result.patient_id for result in results}, batch, now)
            return Completion(counts, rest, _pause(batch.backoff_reason, now))

        try:
            self.leases.complete(lease, work)
        except UnusualChanges as unusual:
            self._hold(lease, unusual)

    def _hold(self, lease: Lease, unusual: UnusualChanges) -> None:
        def work() -> Completion:
            self.held_changes.replace(lease.job.id, unusual.sample)
            return Completion({}, self.leases.release(lease), hold=unusual.reason)

        self.leases.complete(lease, work)

    def _rest(self, chunk: Chunk, finished: set[UUID], batch: SyncBatch, now: datetime) -> Chunk | None:
        """The chunk with its unfinished patients: available now if the batch was interrupted, else after a delay."""
        items = tuple(patient_id for patient_id in chunk.items if patient_id not in finished)
        if not items:
            return None
        if not batch.complete:
            return evolve(chunk, items=items, lease=None, available_at=now)
        available_at = now + self.first_retry_delay * 2**chunk.tries
        return evolve(chunk, items=items, lease=None, available_at=available_at, tries=chunk.tries + 1)


def _pause(backoff_reason: RetryableError | None, now: datetime) -> Pause | None:
    if backoff_reason is None:
        return None
    delay = backoff_reason.retry_after or DEFAULT_PAUSE
    return Pause(now + max(delay, MIN_PAUSE), str(backoff_reason))


def _job_result(patient_id: UUID, merged: MergeResult, at: datetime) -> SyncJobResult:
    if isinstance(merged, SyncResult):
        return SyncJobResult(patient_id, SyncJobOutcome(merged.outcome.value), at, conflicts=merged.conflicts)
    skipped = isinstance(merged, PatientNotFound | PatientArchived | ExternalIdChanged)
    return SyncJobResult(patient_id, SyncJobOutcome.SKIPPED if skipped else SyncJobOutcome.REFUSED, at, merged.kind)
