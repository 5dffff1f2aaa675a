from collections import Counter
from collections.abc import Callable
from itertools import islice

from attrs import field, frozen

from core.access import Actor
from core.jobs.entities import Job
from core.jobs.errors import JobEnded, LeaseLost
from core.jobs.leases import Claim, Leases, Settled
from core.jobs.ports import Runner
from core.patients.files import read_rows
from core.patients.imports import Place
from core.patients.ports import ImportFiles, ImportRejects
from core.patients.use_cases.import_rows import RowImporter
from core.patients.use_cases.verdicts import Judged, Verdicts


@frozen
class RunImport(Runner):
    """Imports a file's rows in their order, some at a time: those, and how far the file was read, are stored together.
    Whoever goes on with the import begins at the first row that is not."""

    leases: Leases
    files: ImportFiles
    rejects: ImportRejects
    importer: RowImporter
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
        rows = read_rows(layout, self.files.read(job_id, place.offset), offset=place.offset, line=place.line)
        while batch := list(islice(rows, self.at_a_time)):
            stop = stopping()
            claim = self._import(claim, self.importer.judge(batch), stop)
            if stop:
                return
        self.leases.settle(claim, lambda: Settled({}))

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
