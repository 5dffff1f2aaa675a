"""Opening a file of any format as UTF-8 text."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256

from attrs import field, frozen

from core.errors import FieldError, ValidationError
from core.files import ENCODING_REQUIRED, Encoding, EncodingDetector, FileFormat, to_utf8
from core.files.ports import Spreadsheets

Content = Callable[[], Iterable[bytes]]
"""Each call returns the file from its beginning, in blocks."""


HEAD = 64 * 1024  # bytes, of which the layout is read


@frozen
class OpenedText:
    """`text` is UTF-8. `sheet` is the name of a spreadsheet's sheet."""

    encoding: Encoding
    text: Content
    sheet: str = ""


@frozen
class OpenedFile(OpenedText):
    """`digest` is the SHA-256 of the original file."""

    digest: str = field(kw_only=True)


@contextmanager
def open_file(
    content: Content, format: FileFormat, encoding: Encoding | None, spreadsheets: Spreadsheets
) -> Generator[OpenedFile]:
    """Detects the encoding if it is None. Raises `ValidationError`, and what `Spreadsheets` raises."""
    digest, detected = digest_and_encoding(content)
    known = encoding if format.is_spreadsheet else encoding or detected
    with open_text(content, format, known, spreadsheets) as file:
        yield OpenedFile(file.encoding, file.text, file.sheet, digest=digest)


@contextmanager
def open_text(
    content: Content, format: FileFormat, encoding: Encoding | None, spreadsheets: Spreadsheets
) -> Generator[OpenedText]:
    """Reads no more than the caller does. Raises `ValidationError`, and what `Spreadsheets` raises."""
    if not format.is_spreadsheet:
        if encoding is None:
            raise ValidationError([FieldError("encoding", "required", ENCODING_REQUIRED)])
        yield OpenedText(encoding, partial(_in_utf8, content, encoding))
        return
    if encoding:
        raise ValidationError([FieldError("encoding", "excluded", "Must not be set for a spreadsheet.")])
    with spreadsheets.as_csv(content()) as sheet:
        yield OpenedText(Encoding.UTF_8, sheet.content, sheet.name)


def digest_and_encoding(content: Content) -> tuple[str, Encoding | None]:
    """The SHA-256, and the encoding if it can be detected."""
    digest, detector = sha256(), EncodingDetector()
    for block in content():
        digest.update(block)
        detector.feed(block)
    return digest.hexdigest(), detector.encoding()


def _in_utf8(content: Content, encoding: Encoding) -> Iterator[bytes]:
    return to_utf8(content(), encoding)
