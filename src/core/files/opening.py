"""Opening a file of any format as UTF-8 text."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256

from attrs import frozen

from core.errors import FieldError, ValidationError
from core.files import ENCODING_REQUIRED, Encoding, EncodingDetector, FileFormat, to_utf8
from core.files.ports import Spreadsheets

Content = Callable[[], Iterable[bytes]]
"""Each call returns the file from its beginning, in blocks."""


@frozen
class OpenedFile:
    """`digest` is the SHA-256 of the original file; `text` is UTF-8. `sheet` is the name of a spreadsheet's sheet."""

    digest: str
    encoding: Encoding
    text: Content
    sheet: str = ""


@contextmanager
def open_file(
    content: Content, format: FileFormat, encoding: Encoding | None, spreadsheets: Spreadsheets
) -> Generator[OpenedFile]:
    """Detects the encoding if it is None. Raises `ValidationError`, and what `Spreadsheets` raises."""
    digest, detected = _digest_and_encoding(content)
    if not format.is_spreadsheet:
        encoding = encoding or detected
        if encoding is None:
            raise ValidationError([FieldError("encoding", "required", ENCODING_REQUIRED)])
        yield OpenedFile(digest, encoding, partial(_in_utf8, content, encoding))
        return
    if encoding:
        raise ValidationError([FieldError("encoding", "excluded", "Must not be set for a spreadsheet.")])
    with spreadsheets.as_csv(content()) as sheet:
        yield OpenedFile(digest, Encoding.UTF_8, sheet.content, sheet.name)


def _digest_and_encoding(content: Content) -> tuple[str, Encoding | None]:
    digest, detector = sha256(), EncodingDetector()
    for block in content():
        digest.update(block)
        detector.feed(block)
    return digest.hexdigest(), detector.encoding()


def _in_utf8(content: Content, encoding: Encoding) -> Iterator[bytes]:
    return to_utf8(content(), encoding)
