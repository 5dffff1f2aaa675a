"""Detecting text encodings and converting them to UTF-8."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, IncrementalDecoder, getincrementaldecoder
from collections.abc import Iterable, Iterator
from enum import StrEnum

from attrs import define, field

from core.files.formats import ARCHIVES

_HEAD = 4


class Encoding(StrEnum):
    UTF_8 = "utf-8"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    CP1250 = "cp1250"
    CP1251 = "cp1251"
    CP1252 = "cp1252"
    CP1253 = "cp1253"
    CP1254 = "cp1254"
    CP1257 = "cp1257"
    ISO_8859_2 = "iso-8859-2"
    ISO_8859_9 = "iso-8859-9"
    ISO_8859_15 = "iso-8859-15"
    MAC_ROMAN = "mac-roman"


_CODE_PAGES = ", ".join(encoding for encoding in Encoding if not encoding.startswith("utf"))
ENCODING_REQUIRED = (
    f"The file is not UTF-8. Specify its encoding, one of: {_CODE_PAGES}. "
    "With utf-8, only the rows that are not UTF-8 are rejected."
)


@define
class EncodingDetector:
    """Detects UTF-8 and UTF-16; feed it all blocks of a file in order.

    UTF-16 is detected by its byte order mark, or by a NUL in each of the first two characters (RFC 4627, section 3);
    UTF-8 by its byte order mark, or if all bytes are valid. Code pages cannot be distinguished: the same bytes spell a
    different name in each. An archive counts as UTF-8; reading its layout refuses it.
    """

    _head: bytes = b""
    _is_utf8: bool = True
    _decoder: IncrementalDecoder = field(factory=getincrementaldecoder("utf-8"))

    def feed(self, block: bytes) -> None:
        self._head += block[: _HEAD - len(self._head)]
        self._is_utf8 = self._is_utf8 and self._decodes(block)

    def encoding(self) -> Encoding | None:
        """None for a code page, or for data that is not text."""
        nul = [byte == 0 for byte in self._head]
        if self._head.startswith(BOM_UTF16_LE) or nul == [False, True] * 2:
            return Encoding.UTF_16_LE
        if self._head.startswith(BOM_UTF16_BE) or nul == [True, False] * 2:
            return Encoding.UTF_16_BE
        is_utf8 = self._is_utf8 and self._decodes(b"", final=True)
        return Encoding.UTF_8 if is_utf8 or self._head.startswith((BOM_UTF8, *ARCHIVES)) else None

    def _decodes(self, block: bytes, *, final: bool = False) -> bool:
        try:
            self._decoder.decode(block, final)
        except UnicodeDecodeError:
            return False
        return True


def to_utf8(blocks: Iterable[bytes], encoding: Encoding) -> Iterator[bytes]:
    """Bytes that are invalid in `encoding` become bytes that are invalid in UTF-8."""
    if encoding is Encoding.UTF_8:
        yield from blocks
        return
    errors = "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"
    decoder = getincrementaldecoder(encoding)(errors)
    for block in blocks:
        yield decoder.decode(block).encode(errors=errors)
    if decoder.getstate()[0]:
        yield b"\xff"
