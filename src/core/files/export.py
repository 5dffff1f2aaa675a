"""Writing files of patients."""

import csv
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO
from itertools import chain

from core.files.blocks import in_blocks
from core.files.formats import FileFormat
from core.files.json_objects import write_json
from core.files.normalizers import write_cell, write_value
from core.patients.entities import Patient
from core.patients.fields import SETTABLE

COLUMNS = (
    "id", *SETTABLE, "merged_into", "version", "last_synced_at", "created_at", "updated_at",
)  # fmt: skip


def write_patients(
    format: FileFormat, patients: Iterable[Patient], *, for_spreadsheet: bool = False
) -> Iterator[bytes]:
    """Writes a file that an import can read back without loss.

    CSV follows RFC 4180. Identifiers are lines `system|value` of one cell, other lists
    are JSON; null, false and an empty list are an empty cell. For a spreadsheet,
    the file begins with a byte order mark and formulas are escaped with an apostrophe. NDJSON has the members of the
    API except the derived ones. Timestamps are RFC 3339 in UTC.
    """
    if format is FileFormat.NDJSON:
        return in_blocks(_object(patient) + b"\n" for patient in patients)
    return in_blocks(chain([BOM_UTF8] if for_spreadsheet else [], _csv(patients, for_spreadsheet)))


def _csv(patients: Iterable[Patient], for_spreadsheet: bool) -> Iterator[bytes]:
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for patient in patients:
        yield _flush(text)
        values = _values(patient)
        cells = (write_value(name, values[name]) for name in COLUMNS)
        writer.writerow(write_cell(cell, for_spreadsheet=for_spreadsheet) for cell in cells)
    yield _flush(text)


def _flush(text: StringIO) -> bytes:
    written = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return written


def _object(patient: Patient) -> bytes:
    values = _values(patient)
    return write_json({name: values[name] for name in COLUMNS})


def _values(patient: Patient) -> dict[str, object]:
    return {
        "id": str(patient.id),
        **patient.to_json(),
        "merged_into": str(patient.merged_into) if patient.merged_into else None,
        "version": patient.version,
        "last_synced_at": _timestamp(patient.last_synced_at),
        "created_at": _timestamp(patient.created_at),
        "updated_at": _timestamp(patient.updated_at),
    }


def _timestamp(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
