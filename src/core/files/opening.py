"""A file as the text that rows are read from, whatever it came as."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256

from attrs import frozen

from core.errors import FieldError, ValidationError
from core.files import ENCODING_REQUIRED, Encoding, EncodingDetector, FileFormat, to_utf8
from core.files.ports import Spreadsheets

Content = Callable[[], Iterable[bytes]]
"""Gives a file from its beginning at each call, in blocks: it is never held whole."""


@frozen
class OpenedFile:
    """`digest` is that of the file as it came, `text` is UTF-8. `sheet` is the name of the one that was read."""

    digest: str
    encoding: Encoding
    text: Content
    sheet: str = ""


@contextmanager
def opened(
    content: Content, format: FileFormat, encoding: Encoding | None, spreadsheets: Spreadsheets
) -> Generator[OpenedFile]:
    """`encoding` is told from the file where it is None. Raises `ValidationError`, and what `Spreadsheets` raises."""
    digest, detected = _survey(content)
    if not format.is_spreadsheet:
        encoding = encoding or detected
        if encoding is None:
            raise ValidationError([FieldError("encoding", "required", ENCODING_REQUIRED)])
        yield OpenedFile(digest, encoding, partial(_in_utf8, content, encoding))
        return
    if encoding:
        raise ValidationError([FieldError("encoding", "excluded", "A spreadsheet has one encoding. Leave this out.")])
    with spreadsheets.as_csv(content()) as sheet:
        yield OpenedFile(digest, Encoding.UTF_8, sheet.content, sheet.name)


def _survey(content: Content) -> tuple[str, Encoding | None]:
    digest, detector = sha256(), EncodingDetector()
    for block in content():
        digest.update(block)
        detector.feed(block)
    return digest.hexdigest(), detector.found()


def _in_utf8(content: Content, encoding: Encoding) -> Iterator[bytes]:
    return to_utf8(content(), encoding)
