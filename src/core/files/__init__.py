"""Files of patients in CSV and NDJSON, read row by row and written block by block, never held in memory as a whole."""

from core.files.encodings import ENCODING_REQUIRED, Encoding, EncodingDetector, to_utf8
from core.files.export import write_patients
from core.files.formats import FileFormat
from core.files.json_objects import read_object
from core.files.layout import Layout, read_layout
from core.files.lines import MAX_RECORD_BYTES
from core.files.options import DEFAULT_OPTIONS, FileOptions, parse_encoding
from core.files.preview import FilePreview, PreviewColumn, preview_file
from core.files.rejects import Reject, write_rejects
from core.files.row_cells import WHOLE_ROW, RowCell, read_row_cells, write_row_cells
from core.files.rows import Row, read_rows

__all__ = [
    "DEFAULT_OPTIONS",
    "ENCODING_REQUIRED",
    "MAX_RECORD_BYTES",
    "WHOLE_ROW",
    "Encoding",
    "EncodingDetector",
    "FileFormat",
    "FileOptions",
    "FilePreview",
    "Layout",
    "PreviewColumn",
    "Reject",
    "Row",
    "RowCell",
    "parse_encoding",
    "preview_file",
    "read_layout",
    "read_object",
    "read_row_cells",
    "read_rows",
    "to_utf8",
    "write_patients",
    "write_rejects",
    "write_row_cells",
]
