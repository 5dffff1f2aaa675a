"""Files of the patients there are."""

import csv
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO
from itertools import chain

from core.files.blocks import in_blocks
from core.files.formats import FileFormat
from core.files.json_objects import write_json
from core.files.spellings import write_cell
from core.patients.entities import Patient

COLUMNS = (
    "id", "first_name", "last_name", "email", "phone", "date_of_birth", "sex", "identifiers", "status", "external_id",
    "version", "last_synced_at", "created_at", "updated_at",
)  # fmt: skip


def write_patients(
    format: FileFormat, patients: Iterable[Patient], *, for_spreadsheet: bool = False
) -> Iterator[bytes]:
    """What an import reads again to the same settable values.

    CSV is that of RFC 4180; an identifier is a line `system|value` of its cell, an empty cell is no value. One for a
    spreadsheet begins with a byte order mark, and has an apostrophe in front of each cell that would be a formula.
    NDJSON has the members that the API gives, without those derived from others. Timestamps are RFC 3339 in UTC.
    """
    if format is FileFormat.NDJSON:
        return in_blocks(_object(one) + b"\n" for one in patients)
    return in_blocks(chain([BOM_UTF8] if for_spreadsheet else [], _csv(patients, for_spreadsheet)))


def _csv(patients: Iterable[Patient], for_spreadsheet: bool) -> Iterator[bytes]:
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for patient in patients:
        yield _taken(text)
        values = _plain(patient)
        values["identifiers"] = "\n".join(f"{one.system}|{one.value}" for one in patient.identifiers)
        cells = (str(values[name] or "") for name in COLUMNS)
        writer.writerow(write_cell(cell, for_spreadsheet=for_spreadsheet) for cell in cells)
    yield _taken(text)


def _taken(text: StringIO) -> bytes:
    written = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return written


def _object(patient: Patient) -> bytes:
    values = _plain(patient)
    return write_json({name: values[name] for name in COLUMNS})


def _plain(patient: Patient) -> dict[str, object]:
    return {
        "id": str(patient.id),
        **patient.to_json(),
        "version": patient.version,
        "last_synced_at": _instant(patient.last_synced_at),
        "created_at": _instant(patient.created_at),
        "updated_at": _instant(patient.updated_at),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
