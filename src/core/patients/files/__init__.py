"""Files of patients, CSV and NDJSON: read row by row, written piece by piece, never held whole."""

from core.patients.files.encodings import ENCODING_REQUIRED, Encoding, EncodingDetector, to_utf8
from core.patients.files.export import write_patients
from core.patients.files.formats import FileFormat
from core.patients.files.layout import Layout, read_layout
from core.patients.files.lines import MOST_BYTES
from core.patients.files.objects import read_object
from core.patients.files.options import AS_IT_STANDS, FileOptions, parse_encoding
from core.patients.files.reading import Row, read_rows
from core.patients.files.rejects import Reject, write_rejects

__all__ = [
    "AS_IT_STANDS",
    "ENCODING_REQUIRED",
    "MOST_BYTES",
    "Encoding",
    "EncodingDetector",
    "FileFormat",
    "FileOptions",
    "Layout",
    "Reject",
    "Row",
    "parse_encoding",
    "read_layout",
    "read_object",
    "read_rows",
    "to_utf8",
    "write_patients",
    "write_rejects",
]
