"""Files of rows that were refused, with the reasons: to be mended, and imported again as they are."""

import re
from collections.abc import Iterable, Iterator
from functools import partial

from attrs import frozen

from core.errors import FieldError, InvalidValue
from core.files.blocks import in_blocks
from core.files.columns import OF_REJECTS, folded
from core.files.formats import FileFormat
from core.files.json_objects import read_object, write_json
from core.files.layout import Layout


@frozen
class Reject:
    """`person_keys` are digests that identify the person the row is about: erasing that person removes it."""

    line: int
    raw: bytes
    errors: tuple[FieldError, ...]
    person_keys: frozenset[bytes] = frozenset()


def write_rejects(layout: Layout, rejects: Iterable[Reject]) -> Iterator[bytes]:
    """In the format of the file they come from, CSV where that is a spreadsheet, and in its order.

    CSV: the columns line, field and reason, then those of the file, each row byte for byte as it stood. Where the file
    is one of rejects itself, its own three columns give way to the new ones.

    NDJSON: `line` and `errors` (field, code, message), then the members of the object. A line that is no object is a
    text, `raw`, in which bytes that are not UTF-8 are written as \\xNN; it takes its members' place until it is mended.
    """
    return in_blocks(_csv(layout, rejects) if layout.format.written is FileFormat.CSV else map(_object, rejects))


def _csv(layout: Layout, rejects: Iterable[Reject]) -> Iterator[bytes]:
    delimiter = layout.delimiter.encode()
    header, tidy = layout.header, bytes
    if again := re.match(_cells(delimiter), header):
        names = [folded(cell.decode().strip('"')) for cell in again.groups()]
        if names == list(OF_REJECTS):
            header, tidy = header[again.end() :], partial(_without_reasons, delimiter)
    yield delimiter.join([*(name.encode() for name in OF_REJECTS), header]) + b"\r\n"
    for reject in rejects:
        fields = "; ".join(dict.fromkeys(error.field for error in reject.errors))
        reasons = " ".join(dict.fromkeys(error.message for error in reject.errors))
        yield delimiter.join([b"%d" % reject.line, _quoted(fields), _quoted(reasons), tidy(reject.raw)]) + b"\r\n"


def _cells(delimiter: bytes) -> bytes:
    """A pattern for the first three cells of a record, with the delimiters after them."""
    cell = rb'("(?:[^"]|"")*"|[^"%b\r\n]*)%b'.replace(b"%b", re.escape(delimiter))
    return cell * 3


def _without_reasons(delimiter: bytes, raw: bytes) -> bytes:
    """Only a line number, or three empty cells, begin what is taken away: a row that somebody put in has none."""
    found = re.match(_cells(delimiter), raw)
    if not found:
        return raw
    line, field, reason = (cell.strip(b'"') for cell in found.groups())
    return raw[found.end() :] if line.isdigit() or not line + field + reason else raw


def _quoted(cell: str) -> bytes:
    return b'"%b"' % cell.replace('"', '""').encode(errors="backslashreplace")


def _object(reject: Reject) -> bytes:
    errors = [{"field": one.field, "code": one.code, "message": one.message} for one in reject.errors]
    reasons: dict[str, object] = {"line": reject.line, "errors": errors}
    try:
        line = write_json(reasons | {k: v for k, v in read_object(reject.raw).items() if k not in reasons})
    except (InvalidValue, RecursionError):
        line = write_json(reasons | {"raw": reject.raw.decode(errors="backslashreplace")})
    return line + b"\n"
