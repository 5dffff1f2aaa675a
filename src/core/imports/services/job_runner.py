import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from attrs import define, field, frozen

from core.errors import FieldError, RegistryError
from core.files import Row, read_rows
from core.imports.entities import FilePosition
from core.imports.ports import ImportFiles, ImportRejects
from core.imports.services.row_importer import RowImporter
from core.imports.services.row_results import RowResults, ValidatedBatch
from core.jobs.entities import Job
from core.jobs.errors import LeaseLost
from core.jobs.ports import Runner
from core.jobs.services.leases import Completion, Lease, LeaseManager
from core.ports import Clock

MAX_BATCH_BYTES = 1_000_000
ONE_BY_ONE_AFTER = 3  # takeovers

log = logging.getLogger(__name__)


@define
class _Session:
    """A worker's session on an import. `stopping` means that it stops after the current batch."""

    lease: Lease
    stopping: bool = False


@frozen
class ImportJobRunner(Runner):
    """Imports the rows of a file in order, in batches. A batch and the position after it are stored in one transaction,
    so that any worker can continue from there.

    A batch is bounded by rows, by bytes and by a quarter of the lease, and is halved for each takeover. After three
    takeovers, rows are imported one by one; one that causes an unexpected error is rejected as `internal`.
    """

    leases: LeaseManager
    files: ImportFiles
    rejects: ImportRejects
    importer: RowImporter
    clock: Clock
    batch_size: int = field(default=1000, kw_only=True)

    def __call__(self, job: Job, *, stopping: Callable[[], bool]) -> None:
        self.leases.work(job, lambda lease: self._run(_Session(lease), stopping), stopping=stopping)

    def _run(self, session: _Session, stopping: Callable[[], bool]) -> None:
        rows = self._read_rows(session)
        takeovers = session.lease.chunk.takeovers
        for row in islice(rows, self.batch_size if takeovers >= ONE_BY_ONE_AFTER else 0):
            session.stopping = stopping()
            self._import_alone(session, row)
            if session.stopping or self._pause(session.lease):
                return
        max_rows = max(1, self.batch_size >> takeovers)
        while (batch := self.importer.validate(self._next_rows(rows, max_rows))).rows:
            session.stopping = stopping()
            self._import(session, batch)
            if session.stopping or self._pause(session.lease):
                return
        self.leases.complete(session.lease, lambda: Completion({}))

    def _read_rows(self, session: _Session) -> Iterator[Row]:
        """The rows that are not imported yet. Renews the lease for each block: it may hold blank lines only."""
        job_id = session.lease.job.id
        layout, position = self.files.layout(job_id), self.files.position(job_id)

        def blocks() -> Iterator[bytes]:
            for block in self.files.read(job_id, position.offset):
                session.lease = self.leases.renew(session.lease)
                yield block

        return read_rows(layout, blocks(), offset=position.offset, line=position.line)

    def _next_rows(self, rows: Iterable[Row], max_rows: int) -> Iterator[Row]:
        """At least one row, unless the file ends."""
        deadline = self.clock.now() + self.leases.duration / 4
        size = 0
        for row in islice(rows, max_rows):
            yield row
            size += len(row.raw)
            if size >= MAX_BATCH_BYTES or self.clock.now() >= deadline:
                return

    def _pause(self, lease: Lease) -> bool:
        """Pauses the job if its requester may not continue it, and returns whether it did."""
        pause = self.leases.requester_pause(lease.job)
        if pause is None:
            return False
        self.leases.complete(lease, lambda: Completion({}, self.leases.release(lease), pause))
        return True

    def _import_alone(self, session: _Session, row: Row) -> None:
        try:
            self._import(session, self.importer.validate([row]))
        except (LeaseLost, RegistryError):
            raise
        except Exception:  # a bug that only this row triggers must not block the others
            log.exception("import_row_failed")
            results = RowResults()
            results.reject(row, FieldError("row", "internal", "The row caused an internal error."))
            self._import(session, ValidatedBatch([row], (), results))

    def _import(self, session: _Session, batch: ValidatedBatch) -> None:
        lease, last_row = session.lease, batch.rows[-1]
        job = lease.job
        chunk = self.leases.release(lease) if session.stopping else self.leases.extend(lease)

        def work() -> Completion:
            results = RowResults(list(batch.results.outcomes), list(batch.results.rejects))
            actor = job.requester
            self.importer.apply(actor, job, batch.candidates, results)
            self.rejects.record(job.id, results.rejects)
            self.files.set_position(job.id, FilePosition(last_row.end, last_row.next_line))
            return Completion(Counter(outcome.value for outcome in results.outcomes), chunk)

        session.lease = Lease(self.leases.complete(lease, work), chunk)
