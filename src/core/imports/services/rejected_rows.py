from uuid import UUID

from attrs import frozen

from core.files import Layout, Reject, read_row_cells
from core.imports.entities import RejectedRow, RejectsPage
from core.imports.ports import ImportFiles, ImportRejects
from core.jobs.entities import JobKind
from core.jobs.ports import JobRepository

MAX_ROWS = 100
MAX_CELLS = 500
MAX_BYTES = 12 * 1024  # a form with all of it, encoded, has less than 64 KiB


@frozen
class RejectedRows:
    """The rejected rows of an import, in pages of at most 100 rows, 500 cells and 12 KiB."""

    jobs: JobRepository
    files: ImportFiles
    rejects: ImportRejects

    def read(self, job_id: UUID, after: int) -> RejectsPage:
        """Those after the line `after`. Raises `JobNotFound`."""
        self.jobs.get(job_id).ensure_kind(JobKind.IMPORT)
        layout = self.files.layout(job_id)
        rows: list[RejectedRow] = []
        cells = size = 0
        for reject in self.rejects.iterate(job_id, after):
            row = _row(layout, reject)
            cells, size = cells + len(row.cells), size + (len(reject.raw) if row.cells else 0)
            if len(rows) == MAX_ROWS or (rows and (cells > MAX_CELLS or size > MAX_BYTES)):
                return RejectsPage(layout, tuple(rows), rows[-1].reject.line)
            rows.append(row)
        return RejectsPage(layout, tuple(rows), None)


def _row(layout: Layout, reject: Reject) -> RejectedRow:
    cells = () if len(reject.raw) > MAX_BYTES else read_row_cells(layout, reject)
    return RejectedRow(reject, cells if len(cells) <= MAX_CELLS else ())
