"""Personal values and secrets that cannot be mistaken for anything else, and a search for them."""

import re
from base64 import b64encode
from collections.abc import Iterable
from itertools import count

from attrs import field, frozen

MARK = "zqxjkvw"  # in each name, email, address, note, password, search term …
PHONE = "+4930812736459"
BIRTHDAY = "1907-02-03"
NAUGHTY = (
    "", " ", "\t", "\x00", "\x07\x1b[31m", "\x7f\x85", "\r\nX-Injected: yes\r\n\r\n", "\n{\"event\": \"forged\"}",
    "\u202e", "\u200f\u2067", "\u200b\ufeff\u00ad", "\u2028\u2029", "\ud800", "\udfff\ud800",
    "\U0001f9d1\u200d\u2695\ufe0f", "e\u0301\u0323" * 9, "\u1e9e\u0130\ufb01", "\U0010ffff\ufffe", "' OR '1'='1",
    "\"; DROP TABLE patients_patient; --", "\\", "%", "%s %(x)s %n", "{} {0} {event}", "${jndi:ldap://127.0.0.1/}",
    "{{7*7}}", "<%= 7*7 %>", "{% debug %}", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&amp;&#0;",
    "]]>", "../../etc/passwd", "C:\\con\\nul", "/dev/null", "file:///etc/passwd", "x" * 300, "\u0416" * 5000, "0",
    "-1", "1e309", "NaN", "Infinity", "0x10", "9" * 40, "1,000.5", "null", "None", "undefined", "true", "nil", "=1+1",
    "@SUM(A1)", "a|b", "a,b;c", "2026-02-30", "00000000-0000-0000-0000-000000000000", "--", "*", "_", "urn:", "[::1]",
    "%00", "%0d%0aX: y", "?a=b&c=d#e",
)  # fmt: skip


def _in_base64(text: str) -> Iterable[bytes]:
    """Wherever the text stands in what is encoded."""
    for offset in range(3):
        encoded = b64encode(b"\0" * offset + text.encode())
        yield encoded[-(-offset * 8 // 6) : (offset + len(text)) * 8 // 6]


_TEXTS = (MARK, MARK.title(), MARK.upper(), PHONE[3:], BIRTHDAY[:8])
_FORMS = re.compile(
    b"(?i:%b)|%b"
    % (
        b"|".join(form for text in _TEXTS for form in (text.encode(), text.encode().hex().encode())),
        b"|".join(re.escape(form) for text in _TEXTS for form in _in_base64(text)),
    )
)


@frozen
class Markers:
    """`secrets` are those that the registry made, such as tokens: they have no mark in them."""

    secrets: set[str] = field(factory=set[str])
    used: set[str] = field(factory=set[str])
    _numbers: "count[int]" = field(factory=count, init=False)

    def new(self) -> str:
        """With nothing but letters, as names have."""
        number = next(self._numbers)
        marker = MARK + "".join(chr(ord("a") + int(digit)) for digit in f"{number:06}")
        self.used.add(marker)
        return marker

    def keep(self, secret: str) -> str:
        self.secrets.add(secret)
        return secret

    def found(self, text: bytes) -> list[bytes]:
        """What is around each, up to a few."""
        places = [found.start() for found in _FORMS.finditer(text)]
        places += [at for secret in self.secrets if (at := text.find(secret.encode())) >= 0]
        return [text[max(0, at - 80) : at + 80] for at in places[:3]]
