"""Filling the registry from a file: what was asked for, and what became of its rows."""

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from hashlib import sha256

from attrs import field, frozen
from cattrs import Converter

from core.files import DEFAULT_OPTIONS, Encoding, FileFormat, FileOptions
from core.jobs.entities import Job
from core.patients.entities import Patient

_CONVERTER = Converter()


class ImportRowOutcome(StrEnum):
    """`unchanged`: a patient says just that already. `rejected`: the row is in the rejects, with the reason."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@frozen
class ImportOptions:
    """`digest` is that of the whole file. With `update`, a row whose email a patient has changes that patient. A
    `dry_run` says what would become of the rows, and changes nothing.

    The rest is how the file is read, told from it or by the caller: `columns` are the names of its columns and the
    field of each, None for one that is ignored. NDJSON has neither those nor a `delimiter`. `sheet` is the name of the
    sheet that is read of a spreadsheet.
    """

    format: FileFormat
    digest: str
    update: bool = False
    dry_run: bool = False
    encoding: Encoding = Encoding.UTF_8
    delimiter: str = ""
    sheet: str = ""
    columns: Mapping[str, str | None] = field(factory=dict[str, str | None])
    file_options: FileOptions = DEFAULT_OPTIONS

    @classmethod
    def of(cls, job: Job) -> "ImportOptions":
        return _CONVERTER.structure(job.options, cls)

    def key(self, actor: str) -> str:
        """The same for the same file, imported in the same way for the same actor."""
        content = json.dumps([actor, self.to_json()], sort_keys=True)
        return f"import:{sha256(content.encode()).hexdigest()}"

    def to_json(self) -> dict[str, object]:
        return _CONVERTER.unstructure(self)


@frozen
class FilePosition:
    """How far a file was read: the next byte and the line it is in."""

    offset: int
    line: int


def unique_keys(patient: Patient) -> Iterator[tuple[str, str]]:
    """The field and the value of all that no other patient may have."""
    yield "email", patient.email
    if patient.external_id is not None:
        yield "external_id", patient.external_id
    for one in patient.identifiers:
        yield "identifiers", f"{one.system}|{one.value}"
