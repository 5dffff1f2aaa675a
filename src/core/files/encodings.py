"""How a file's text is encoded. What reads rows reads UTF-8."""

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


_CODE_PAGES = ", ".join(one for one in Encoding if not one.startswith("utf"))
ENCODING_REQUIRED = (
    f"The file is not UTF-8. Say which encoding it has, one of: {_CODE_PAGES}. "
    "With utf-8, only the rows that are not UTF-8 are rejected."
)


@define
class EncodingDetector:
    """Is fed with a file's blocks in their order.

    UTF-16 is told by its byte order mark, or by the NUL in each of its first two characters (RFC 4627, section 3), and
    UTF-8 by its byte order mark, or by all of its bytes. Code pages cannot be told apart: the same bytes are another
    name in each. An archive is passed as UTF-8, to be refused as what it is.
    """

    _head: bytes = b""
    _is_utf8: bool = True
    _decoder: IncrementalDecoder = field(factory=getincrementaldecoder("utf-8"))

    def feed(self, block: bytes) -> None:
        self._head += block[: _HEAD - len(self._head)]
        self._is_utf8 = self._is_utf8 and self._decodes(block)

    def found(self) -> Encoding | None:
        """None: it is a code page, or no text at all."""
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
    """What is no text in `encoding` becomes bytes that are not UTF-8."""
    if encoding is Encoding.UTF_8:
        yield from blocks
        return
    errors = "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"
    decoder = getincrementaldecoder(encoding)(errors)
    for block in blocks:
        yield decoder.decode(block).encode(errors=errors)
    if decoder.getstate()[0]:
        yield b"\xff"
