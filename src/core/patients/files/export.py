"""Files of the patients there are."""

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO

from core.patients.entities import Patient
from core.patients.files.layout import FileFormat
from core.patients.files.objects import write_json
from core.patients.files.pieces import in_pieces

COLUMNS = (
    "id", "first_name", "last_name", "email", "phone", "date_of_birth", "sex", "identifiers", "status", "external_id",
    "version", "last_synced_at", "created_at", "updated_at",
)  # fmt: skip


def write_patients(format: FileFormat, patients: Iterable[Patient]) -> Iterator[bytes]:
    """What an import reads again to the same settable values.

    CSV is that of RFC 4180; an identifier is a line `system|value` of its cell, an empty cell is no value. NDJSON has
    the members that the API gives, without those derived from others. Timestamps are RFC 3339 in UTC.
    """
    return in_pieces(_csv(patients) if format is FileFormat.CSV else (_object(one) + b"\n" for one in patients))


def _csv(patients: Iterable[Patient]) -> Iterator[bytes]:
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for patient in patients:
        yield _taken(text)
        values = _plain(patient)
        values["identifiers"] = "\n".join(f"{one.system}|{one.value}" for one in patient.identifiers)
        writer.writerow(map(values.__getitem__, COLUMNS))
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
        **patient.plain(),
        "version": patient.version,
        "last_synced_at": _instant(patient.last_synced_at),
        "created_at": _instant(patient.created_at),
        "updated_at": _instant(patient.updated_at),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
