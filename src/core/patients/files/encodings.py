"""How a file's text is encoded. What reads rows reads UTF-8."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, IncrementalDecoder, getincrementaldecoder
from collections.abc import Iterable, Iterator
from enum import StrEnum

from attrs import define, field

_ASCII = bytes(range(0x80))
_HEAD = 4
_LETTERS = ({*range(0xC0, 0x100)} - {0xD7, 0xF7}) | {0x8A, 0x8C, 0x8E, 0x9A, 0x9C, 0x9E, 0x9F, 0xAA, 0xBA}
_MARKS = {0x80, 0x85, *range(0x91, 0x98), 0xA0, 0xA1, 0xAB, 0xB0, 0xB4, 0xB7, 0xBB, 0xBF}  # € … quotes dashes « ° » ¿
_NOT_WESTERN = re.compile(rb"[\xc0-\xff]{3}|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
"""Three letters with accents in a row, or a character of UTF-8."""


class Encoding(StrEnum):
    UTF_8 = "utf-8"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    CP1250 = "cp1250"
    CP1251 = "cp1251"
    CP1252 = "cp1252"


@define
class EncodingDetector:
    """Is fed with a file's pieces in their order.

    UTF-16 is told by its byte order mark, or by the NUL in each of its first two characters (RFC 4627, section 3). A
    file that is not UTF-8 is Windows-1252 where it has only letters and marks of western languages, as these have them.
    Anything else is taken for UTF-8, and a row that is not is rejected as such.
    """

    _head: bytes = b""
    _last: bytes = b""
    _high: set[int] = field(factory=set[int])
    _is_utf8: bool = True
    _is_western: bool = True
    _decoder: IncrementalDecoder = field(factory=getincrementaldecoder("utf-8"))

    def feed(self, piece: bytes) -> None:
        self._head += piece[: _HEAD - len(self._head)]
        high = piece.translate(None, _ASCII)
        self._is_utf8 = self._is_utf8 and self._decodes(piece)
        if high and self._is_western:
            self._high.update(high)
            self._is_western = not _NOT_WESTERN.search(self._last + piece)
        self._last = (self._last + piece[-2:])[-2:]

    def found(self) -> Encoding:
        nul = [byte == 0 for byte in self._head]
        if self._head.startswith(BOM_UTF16_LE) or nul == [False, True] * 2:
            return Encoding.UTF_16_LE
        if self._head.startswith(BOM_UTF16_BE) or nul == [True, False] * 2:
            return Encoding.UTF_16_BE
        is_utf8 = self._is_utf8 and self._decodes(b"", final=True)
        if is_utf8 or self._head.startswith(BOM_UTF8) or not self._is_western or not self._high <= _LETTERS | _MARKS:
            return Encoding.UTF_8
        return Encoding.CP1252

    def _decodes(self, piece: bytes, *, final: bool = False) -> bool:
        try:
            self._decoder.decode(piece, final)
        except UnicodeDecodeError:
            return False
        return True


def to_utf8(pieces: Iterable[bytes], encoding: Encoding) -> Iterator[bytes]:
    """What is no text in `encoding` becomes bytes that are not UTF-8."""
    if encoding is Encoding.UTF_8:
        yield from pieces
        return
    errors = "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"
    decoder = getincrementaldecoder(encoding)(errors)
    for piece in pieces:
        yield decoder.decode(piece).encode(errors=errors)
    if decoder.getstate()[0]:
        yield b"\xff"
