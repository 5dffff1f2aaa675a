"""The options of an import, and the results of its rows."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from attrs import field, frozen
from cattrs import Converter

from core.files import DEFAULT_OPTIONS, Encoding, FileFormat, FileOptions, Layout, Reject, RowCell
from core.jobs.entities import Job
from core.patients.entities import Patient
from core.patients.identifier_systems import IdentifierSystems

_CONVERTER = Converter()


class ImportRowOutcome(StrEnum):
    """`unchanged`: a patient with the same values exists. `duplicate`: a patient or an earlier row is certainly the
    same person. `rejected`: the row is invalid. Duplicate and rejected rows are in the rejects, with reasons."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@frozen
class ImportOptions:
    """`digest` is the SHA-256 of the file. `update` changes the patient that has a unique value of a row. `dry_run`
    reports results and changes nothing.

    The other options say how the file is read: `columns` maps the names of its columns to fields, or to None for an
    ignored column. NDJSON has no columns and no delimiter. `sheet` is the name of a spreadsheet's sheet.
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
        """Identifies an import of the same file with the same options by the same actor."""
        content = json.dumps([actor, self.to_json()], sort_keys=True)
        return f"import:{sha256(content.encode()).hexdigest()}"

    def to_json(self) -> dict[str, object]:
        return _CONVERTER.unstructure(self)


@frozen
class FilePosition:
    """Where reading continues: a byte offset and its line."""

    offset: int
    line: int


@frozen
class RejectedRow:
    """A row that is too long to be corrected in a form has no cells."""

    reject: Reject
    cells: tuple[RowCell, ...]


@frozen
class RejectsPage:
    """`next` is the line after which the next page begins."""

    layout: Layout
    rows: tuple[RejectedRow, ...]
    next: int | None


KEEP_UPLOADS = timedelta(hours=2)


@frozen(kw_only=True)
class Upload:
    """A file that was sent and not imported yet. `owner` is the name of an actor. `encoding` is None for a spreadsheet,
    and if it cannot be detected. `digest` is the SHA-256."""

    id: UUID
    owner: str
    format: FileFormat
    encoding: Encoding | None
    digest: str
    created_at: datetime

    @property
    def expires_at(self) -> datetime:
        return self.created_at + KEEP_UPLOADS


def unique_keys(patient: Patient, systems: IdentifierSystems) -> Iterator[tuple[str, str]]:
    """Fields and values that no two patients may share."""
    if patient.email is not None and not patient.email_shared:
        yield "email", patient.email
    if patient.external_id is not None:
        yield "external_id", patient.external_id
    for identifier in systems.unique_of(patient.identifiers):
        yield "identifiers", f"{identifier.system}|{identifier.value}"
