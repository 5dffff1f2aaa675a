"""How a file would be read, for somebody to see before it is imported."""

from collections.abc import Iterator
from itertools import islice

from attrs import frozen

from core.errors import InvalidValue
from core.files.cells import read_cells
from core.files.columns import MAX_COLUMN_NAME, normalize_name
from core.files.formats import FileFormat
from core.files.json_objects import read_object, write_json
from core.files.layout import Layout, find_header
from core.files.lines import Lines
from core.files.normalizers import read_cell
from core.files.options import DEFAULT_OPTIONS, FileOptions

MAX_SAMPLES = 3
MAX_SAMPLE_LENGTH = 40


@frozen
class PreviewColumn:
    """`field` is "" for an ignored column, None for an unknown one. `samples` are the texts of the first rows."""

    title: str
    field: str | None
    samples: tuple[str, ...]


@frozen
class FilePreview:
    """The columns of different names that a file has, or the members of its first JSON objects."""

    format: FileFormat
    delimiter: str
    columns: tuple[PreviewColumn, ...]


def preview_file(format: FileFormat, head: bytes, options: FileOptions = DEFAULT_OPTIONS) -> FilePreview:
    """`head` is the first 64 KiB of the file in UTF-8. Columns may be unknown, missing or repeated. Raises
    `ValidationError` with an error of `file`."""
    layout = find_header(format, head, options)
    lines = Lines([head[layout.start :]])
    rows = list(islice(_objects(lines) if format is FileFormat.NDJSON else _records(layout, lines), MAX_SAMPLES))
    titles = (title for row in rows for title in row) if format is FileFormat.NDJSON else layout.titles
    by_name: dict[str, str] = {}
    for title in titles:
        if title and len(title) <= MAX_COLUMN_NAME:
            by_name.setdefault(normalize_name(title), title)
    resolve = options.resolver()
    columns = [
        PreviewColumn(title, resolve(title), tuple(row.get(title, "")[:MAX_SAMPLE_LENGTH] for row in rows))
        for title in by_name.values()
    ]
    return FilePreview(format, layout.delimiter, tuple(columns))


def _records(layout: Layout, lines: Lines) -> Iterator[dict[str, str]]:
    for first in lines:
        try:
            _, cells = read_cells(first, lines, layout.delimiter)
        except InvalidValue:
            continue
        texts = [_shown(read_cell(cell)) for cell in cells]
        if any(texts):
            yield dict(zip(layout.titles, texts, strict=False))


def _objects(lines: Lines) -> Iterator[dict[str, str]]:
    for line in lines:
        try:
            members = read_object(line)
        except InvalidValue:
            continue
        yield {
            name: _shown(value if isinstance(value, str) else write_json(value).decode())
            for name, value in members.items()
            if name != "errors"
        }


def _shown(text: str) -> str:
    return text.encode(errors="replace").decode()
