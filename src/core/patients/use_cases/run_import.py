import logging
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from attrs import field, frozen

from core.access import Actor
from core.errors import Fault, RegistryError
from core.jobs.entities import Job
from core.jobs.errors import JobEnded, LeaseLost
from core.jobs.leases import Claim, Leases, Settled
from core.jobs.ports import Runner
from core.patients.files import Row, read_rows
from core.patients.imports import Place
from core.patients.ports import ImportFiles, ImportRejects
from core.patients.use_cases.import_rows import RowImporter
from core.patients.use_cases.verdicts import Judged, Verdicts
from core.ports import Clock

MAX_BATCH_BYTES = 1_000_000
ONE_BY_ONE_AFTER = 3  # takeovers

log = logging.getLogger(__name__)


@frozen
class RunImport(Runner):
    """Imports a file's rows in their order, in batches: the rows of a batch, and how far the file was read, are stored
    together. A worker that goes on with the import begins at the first row that is not.

    A batch is bounded by rows, by bytes and by the time that a lease leaves, and is halved for each takeover of the
    import. After three takeovers the rows go in one by one, and one that still fails is rejected as `internal`.
    """

    leases: Leases
    files: ImportFiles
    rejects: ImportRejects
    importer: RowImporter
    clock: Clock
    at_a_time: int = field(default=1000, kw_only=True)

    def __call__(self, job: Job, *, stopping: Callable[[], bool]) -> None:
        while not stopping() and (claim := self.leases.claim(job.id)):
            try:
                self._do(claim, stopping)
            except (LeaseLost, JobEnded):
                continue

    def _do(self, claim: Claim, stopping: Callable[[], bool]) -> None:
        job_id = claim.job.id
        layout, place = self.files.layout(job_id), self.files.place(job_id)

        def pieces() -> Iterator[bytes]:
            """Renews the lease as it reads: a file may hold more blank lines than a lease lasts for, and no row."""
            nonlocal claim
            for piece in self.files.read(job_id, place.offset):
                claim = self.leases.renewed(claim)
                yield piece

        rows = read_rows(layout, pieces(), offset=place.offset, line=place.line)
        takeovers = claim.chunk.takeovers
        for row in islice(rows, self.at_a_time if takeovers >= ONE_BY_ONE_AFTER else 0):
            stop = stopping()
            claim = self._import_alone(claim, row, stop)
            if stop or self._has_to_wait(claim):
                return
        size = max(1, self.at_a_time >> takeovers)
        while (batch := self.importer.judge(self._batch(rows, size))).rows:
            stop = stopping()
            claim = self._import(claim, batch, stop)
            if stop or self._has_to_wait(claim):
                return
        self.leases.settle(claim, lambda: Settled({}))

    def _batch(self, rows: Iterator[Row], size: int) -> Iterator[Row]:
        """The next rows, at least one of them."""
        ends, left = self.clock.now() + self.leases.lasts / 4, MAX_BATCH_BYTES
        for row in islice(rows, size):
            yield row
            left -= len(row.raw)
            if left <= 0 or self.clock.now() >= ends:
                return

    def _has_to_wait(self, claim: Claim) -> bool:
        pause = self.leases.requester_pause(claim.job)
        if pause:
            self.leases.settle(claim, lambda: Settled({}, self.leases.given_back(claim), pause))
        return pause is not None

    def _import_alone(self, claim: Claim, row: Row, stop: bool) -> Claim:
        try:
            return self._import(claim, self.importer.judge([row]), stop)
        except (LeaseLost, RegistryError):
            raise
        except Exception:  # a fault of ours that this row brings out; it must not hold up the others
            log.exception("import_row_failed")
            rejected = Verdicts()
            rejected.reject(
                row, Fault("row", "internal", "The registry failed to import this row: a fault of its own.")
            )
            return self._import(claim, Judged([row], (), rejected), stop)

    def _import(self, claim: Claim, batch: Judged, stop: bool) -> Claim:
        job, last = claim.job, batch.rows[-1]
        chunk = self.leases.given_back(claim) if stop else self.leases.prolonged(claim)

        def settle() -> Settled:
            verdicts = Verdicts(list(batch.verdicts.outcomes), list(batch.verdicts.rejects))
            actor = Actor(job.actor, frozenset(), job.request_id)
            self.importer.apply(actor, job, batch.candidates, verdicts)
            self.rejects.record(job.id, verdicts.rejects)
            self.files.move(job.id, Place(last.end, last.next_line))
            return Settled(Counter(outcome.value for outcome in verdicts.outcomes), chunk)

        return Claim(self.leases.settle(claim, settle), chunk)
