from collections.abc import Mapping, Sequence
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.errors import ErrorCollector
from core.files import Reject, Row, read_rows, write_rejects, write_row_cells
from core.imports.services.rejected_rows import RejectedRows
from core.imports.services.row_importer import RowImporter

Texts = Mapping[int, Mapping[int, str]]
"""By the line of the row and the number of the cell."""


@frozen
class CorrectRejects:
    """Returns a file of the rows whose cells have other texts, to be imported by itself, in the format in which the
    rejected rows of the import are written. With `unchanged`, it has the other rows as well.

    Raises `Forbidden`, `JobNotFound`, and `ValidationError`: for the fields of corrected rows that are still invalid,
    such as `12.email` on the line 12, or for `rows` if there is nothing to import. A row that was emptied is left out.
    """

    rows: RejectedRows
    importer: RowImporter

    def __call__(self, *, actor: Actor, job_id: UUID, texts: Texts, after: int = 0, unchanged: bool = False) -> bytes:
        """`texts` are those of the page of rows after the line `after`."""
        actor.require(Permission.IMPORT_PATIENTS)
        page = self.rows.read(job_id, after)
        corrected: list[Reject] = []
        errors = ErrorCollector()
        for row in page.rows:
            reject = row.reject
            raw = write_row_cells(page.layout, reject, texts.get(reject.line, {})) if row.cells else reject.raw
            if raw == reject.raw:
                corrected += [reject] if unchanged else []
            elif rows := list(read_rows(page.layout, [raw], offset=0, line=reject.line)):
                self._check(rows, errors)
                corrected.append(evolve(reject, raw=raw))
        if not corrected:
            errors.add("rows", "required", "No row was corrected.")
        errors.raise_if_any()
        return b"".join(write_rejects(page.layout, corrected))

    def _check(self, rows: Sequence[Row], errors: ErrorCollector) -> None:
        """What one corrected row was split into."""
        if len(rows) > 1:
            errors.add(f"{rows[0].line}.row", "rows", "Must be one row.")
            return
        for reject in self.importer.validate(rows).results.rejects:
            for error in reject.errors:
                errors.add(f"{reject.line}.{error.field}", error.code, error.message)
