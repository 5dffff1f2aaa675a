"""Writing rejected rows with their reasons, so that they can be corrected and imported again."""

import re
from collections.abc import Iterable, Iterator
from functools import partial

from attrs import frozen

from core.errors import FieldError, InvalidValue
from core.files.blocks import in_blocks
from core.files.columns import REJECT_COLUMNS, normalize_name
from core.files.formats import FileFormat
from core.files.json_objects import read_object, write_json
from core.files.layout import Layout


@frozen
class Reject:
    """`person_keys` are digests that identify the person of the row: erasing the person removes the reject."""

    line: int
    raw: bytes
    errors: tuple[FieldError, ...]
    person_keys: frozenset[bytes] = frozenset()


def write_rejects(layout: Layout, rejects: Iterable[Reject]) -> Iterator[bytes]:
    """Writes the format of the imported file (CSV for a spreadsheet), in its order.

    CSV: the columns line, field and reason, then the original row byte for byte. If the file is a rejects file itself,
    the new three columns replace its own.

    NDJSON: `line` and `errors` (field, code, message), then the members of the object. A line that is not an object
    becomes the member `raw`, with \\xNN for bytes that are not UTF-8.
    """
    return in_blocks(_csv(layout, rejects) if layout.format.written is FileFormat.CSV else map(_object, rejects))


def _csv(layout: Layout, rejects: Iterable[Reject]) -> Iterator[bytes]:
    delimiter = layout.delimiter.encode()
    header, original = layout.header, bytes
    if match := re.match(_cells(delimiter), header):
        names = [normalize_name(cell.decode().strip('"')) for cell in match.groups()]
        if names == list(REJECT_COLUMNS):
            header, original = header[match.end() :], partial(_without_reasons, delimiter)
    yield delimiter.join([*(name.encode() for name in REJECT_COLUMNS), header]) + b"\r\n"
    for reject in rejects:
        fields = "; ".join(dict.fromkeys(error.field for error in reject.errors))
        reasons = " ".join(dict.fromkeys(error.message for error in reject.errors))
        yield delimiter.join([b"%d" % reject.line, _quoted(fields), _quoted(reasons), original(reject.raw)]) + b"\r\n"


def _cells(delimiter: bytes) -> bytes:
    """A pattern for the first three cells of a record, with the delimiters after them."""
    cell = rb'("(?:[^"]|"")*"|[^"%b\r\n]*)%b'.replace(b"%b", re.escape(delimiter))
    return cell * 3


def _without_reasons(delimiter: bytes, raw: bytes) -> bytes:
    """Removes the first three cells if they are a line number and reasons, or empty; a row added by hand lacks them."""
    match = re.match(_cells(delimiter), raw)
    if not match:
        return raw
    line, field, reason = (cell.strip(b'"') for cell in match.groups())
    return raw[match.end() :] if line.isdigit() or not line + field + reason else raw


def _quoted(cell: str) -> bytes:
    return b'"%b"' % cell.replace('"', '""').encode(errors="backslashreplace")


def _object(reject: Reject) -> bytes:
    errors = [{"field": error.field, "code": error.code, "message": error.message} for error in reject.errors]
    reasons: dict[str, object] = {"line": reject.line, "errors": errors}
    try:
        line = write_json(reasons | {k: v for k, v in read_object(reject.raw).items() if k not in reasons})
    except (InvalidValue, RecursionError):
        line = write_json(reasons | {"raw": reject.raw.decode(errors="backslashreplace")})
    return line + b"\n"
