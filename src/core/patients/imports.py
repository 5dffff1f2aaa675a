"""Filling the registry from a file: what was asked for, and what became of its rows."""

from collections.abc import Iterator
from enum import StrEnum

from attrs import frozen

from core.jobs.entities import Job
from core.patients.entities import Patient
from core.patients.files import FileFormat


class RowOutcome(StrEnum):
    """`unchanged`: a patient says just that already. `rejected`: the row is in the rejects, with the reason."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@frozen
class ImportOptions:
    """`digest` is that of the whole file. With `update`, a row whose email a patient has changes that patient. A
    `dry_run` says what would become of the rows, and changes nothing."""

    format: FileFormat
    digest: str
    update: bool = False
    dry_run: bool = False

    @classmethod
    def of(cls, job: Job) -> "ImportOptions":
        options = job.options
        return cls(
            FileFormat(str(options["format"])),
            str(options["digest"]),
            bool(options["update"]),
            bool(options["dry_run"]),
        )

    @property
    def plain(self) -> dict[str, str | bool]:
        return {
            "format": self.format.value,
            "digest": self.digest,
            "update": self.update,
            "dry_run": self.dry_run,
        }


@frozen
class Place:
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
