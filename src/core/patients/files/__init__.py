"""Files of patients, CSV and NDJSON: read row by row, written piece by piece, never held whole."""

from core.patients.files.export import write_patients
from core.patients.files.layout import FileFormat, Layout, read_layout
from core.patients.files.lines import MOST_BYTES
from core.patients.files.reading import Row, read_rows
from core.patients.files.rejects import Reject, write_rejects

__all__ = [
    "MOST_BYTES",
    "FileFormat",
    "Layout",
    "Reject",
    "Row",
    "read_layout",
    "read_rows",
    "write_patients",
    "write_rejects",
]
