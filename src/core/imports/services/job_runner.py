import logging
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from attrs import field, frozen

from core.access import Actor
from core.errors import FieldError, RegistryError
from core.files import Row, read_rows
from core.imports.entities import FilePosition
from core.imports.ports import ImportFiles, ImportRejects
from core.imports.services.row_importer import RowImporter
from core.imports.services.row_results import RowResults, ValidatedBatch
from core.jobs.entities import Job
from core.jobs.errors import JobEnded, LeaseLost
from core.jobs.ports import Runner
from core.jobs.services.leases import Completion, Lease, LeaseManager
from core.ports import Clock

MAX_BATCH_BYTES = 1_000_000
ONE_BY_ONE_AFTER = 3  # takeovers

log = logging.getLogger(__name__)


@frozen
class ImportJobRunner(Runner):
    """Imports a file's rows in their order, in batches: the rows of a batch, and how far the file was read, are stored
    together. A worker that goes on with the import begins at the first row that is not.

    A batch is bounded by rows, by bytes and by the time that a lease leaves, and is halved for each takeover of the
    import. After three takeovers the rows go in one by one, and one that still fails is rejected as `internal`.
    """

    leases: LeaseManager
    files: ImportFiles
    rejects: ImportRejects
    importer: RowImporter
    clock: Clock
    at_a_time: int = field(default=1000, kw_only=True)

    def __call__(self, job: Job, *, stopping: Callable[[], bool]) -> None:
        while not stopping() and (lease := self.leases.claim(job.id)):
            try:
                self._do(lease, stopping)
            except (LeaseLost, JobEnded):
                continue

    def _do(self, lease: Lease, stopping: Callable[[], bool]) -> None:
        job_id = lease.job.id
        layout, place = self.files.layout(job_id), self.files.position(job_id)

        def blocks() -> Iterator[bytes]:
            """Renews the lease as it reads: a file may hold more blank lines than a lease lasts for, and no row."""
            nonlocal lease
            for block in self.files.read(job_id, place.offset):
                lease = self.leases.renewed(lease)
                yield block

        rows = read_rows(layout, blocks(), offset=place.offset, line=place.line)
        takeovers = lease.chunk.takeovers
        for row in islice(rows, self.at_a_time if takeovers >= ONE_BY_ONE_AFTER else 0):
            stop = stopping()
            lease = self._import_alone(lease, row, stop)
            if stop or self._has_to_wait(lease):
                return
        size = max(1, self.at_a_time >> takeovers)
        while (batch := self.importer.validate(self._batch(rows, size))).rows:
            stop = stopping()
            lease = self._import(lease, batch, stop)
            if stop or self._has_to_wait(lease):
                return
        self.leases.complete(lease, lambda: Completion({}))

    def _batch(self, rows: Iterator[Row], size: int) -> Iterator[Row]:
        """The next rows, at least one of them."""
        ends, left = self.clock.now() + self.leases.lasts / 4, MAX_BATCH_BYTES
        for row in islice(rows, size):
            yield row
            left -= len(row.raw)
            if left <= 0 or self.clock.now() >= ends:
                return

    def _has_to_wait(self, lease: Lease) -> bool:
        pause = self.leases.requester_pause(lease.job)
        if pause:
            self.leases.complete(lease, lambda: Completion({}, self.leases.given_back(lease), pause))
        return pause is not None

    def _import_alone(self, lease: Lease, row: Row, stop: bool) -> Lease:
        try:
            return self._import(lease, self.importer.validate([row]), stop)
        except (LeaseLost, RegistryError):
            raise
        except Exception:  # a fault of ours that this row brings out; it must not hold up the others
            log.exception("import_row_failed")
            rejected = RowResults()
            rejected.reject(
                row, FieldError("row", "internal", "The registry failed to import this row: a fault of its own.")
            )
            return self._import(lease, ValidatedBatch([row], (), rejected), stop)

    def _import(self, lease: Lease, batch: ValidatedBatch, stop: bool) -> Lease:
        job, last = lease.job, batch.rows[-1]
        chunk = self.leases.given_back(lease) if stop else self.leases.prolonged(lease)

        def settle() -> Completion:
            results = RowResults(list(batch.results.outcomes), list(batch.results.rejects))
            actor = Actor(job.actor, frozenset(), job.request_id)
            self.importer.apply(actor, job, batch.candidates, results)
            self.rejects.record(job.id, results.rejects)
            self.files.set_position(job.id, FilePosition(last.end, last.next_line))
            return Completion(Counter(outcome.value for outcome in results.outcomes), chunk)

        return Lease(self.leases.complete(lease, settle), chunk)
