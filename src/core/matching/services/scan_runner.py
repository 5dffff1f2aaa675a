from collections.abc import Callable
from uuid import UUID

from attrs import field, frozen

from core.jobs.entities import Job
from core.jobs.ports import Runner
from core.jobs.services.leases import Allocation, Completion, Lease, LeaseManager
from core.matching.entities import ScanOptions, ScanOutcome
from core.matching.ports import PatientsForMatching
from core.matching.services.duplicates import DuplicateQueue


@frozen
class ScanRunner(Runner):
    """Compares a job's patients with the others, chunk by chunk. A chunk and its pairs are stored in one
    transaction."""

    leases: LeaseManager
    patients: PatientsForMatching
    queue: DuplicateQueue
    chunk_size: int = field(default=200, kw_only=True)

    def __call__(self, job: Job, *, stopping: Callable[[], bool]) -> None:
        self.leases.work(job, self._run, stopping=stopping, allocate=self.allocate)

    def allocate(self, job: Job) -> Allocation | None:
        since = ScanOptions.of(job).changed_since
        after = UUID(job.position) if job.position else None
        ids = self.patients.ids_to_scan(since, after=after, before=job.id, limit=self.chunk_size)
        return Allocation.of(ids, self.chunk_size)

    def _run(self, lease: Lease) -> None:
        items, full = lease.chunk.items, ScanOptions.of(lease.job).changed_since is None

        def work() -> Completion:
            patients = [patient for patient in self.patients.get_all(items) if patient.merged_into is None]
            paired = len(self.queue.review(patients, older_only=full))
            counts = {
                ScanOutcome.PAIRED: paired,
                ScanOutcome.UNPAIRED: len(patients) - paired,
                ScanOutcome.SKIPPED: len(items) - len(patients),
            }
            return Completion({outcome.value: count for outcome, count in counts.items() if count})

        self.leases.complete(lease, work)
