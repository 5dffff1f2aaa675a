"""The faults of an upstream that has received a request, each with its expected outcome."""

import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from attrs import frozen

from adapters.external.errors import CredentialsRejected, UpstreamDown
from adapters.external.resilience.policy import UpstreamPolicy
from core.errors import InvalidUpstreamResponse, RateLimited
from core.sync.errors import InvalidUpstreamRecord, NoUpstreamRecord
from tests.external.faults.server import OK, Behaviour, drips, hangs, resets, response, sends


@frozen
class Fault:
    """`outcome` is the error that the sync raises after `attempts` of at most three. `counted` is what the circuit
    breaker records per attempt: whether it failed. An `endless` fault is ended by the client and attempted once."""

    name: str
    behaviour: Behaviour
    outcome: type[Exception]
    counted: list[bool]
    attempts: int = 1
    retry_after: float | None = None
    endless: bool = False

    def __str__(self) -> str:
        return self.name


def down(name: str, behaviour: Behaviour) -> Fault:
    return Fault(name, behaviour, UpstreamDown, counted=[True], attempts=3)


def endless(name: str, behaviour: Behaviour) -> Fault:
    return Fault(name, behaviour, UpstreamDown, counted=[True], endless=True)


def invalid(name: str, *parts: bytes) -> Fault:
    return Fault(name, sends(*parts), InvalidUpstreamResponse, counted=[])


def limited(name: str, header: str | None, retry_after: float | None, attempts: int) -> Fault:
    headers = {} if header is None else {"Retry_After": header}
    behaviour = sends(response(b"{}", 429, **headers))
    return Fault(name, behaviour, RateLimited, counted=[], attempts=attempts, retry_after=retry_after)


def body(name: str, raw: bytes) -> Fault:
    return invalid(name, response(raw))


def record(name: str, raw: bytes) -> Fault:
    """A valid response with a record that the registry refuses."""
    return Fault(name, sends(response(raw)), InvalidUpstreamRecord, counted=[False])


PAST_THE_DEADLINE = sends(response(b"{}", 503, Retry_After="290"))
LATER = format_datetime(datetime.now(UTC) + timedelta(hours=9), usegmt=True)
MAX_WAIT = UpstreamPolicy().retry_after_cap
COMPRESSED = gzip.compress(b'{"first_name": "Ada"}')

INVALID_LOCATIONS = ["http:x", "mailto:a@b", "http://xn--a/", "http://[::1", "//x:99999/"]

NETWORK = [
    down("reset before an answer", resets()),
    down("reset in the headers", resets(b"HTTP/1.1 200 OK\r\nX-More")),
    down("reset in the body", resets(OK + b'Content-Length: 100\r\n\r\n{"a')),
    down("closed without an answer", sends()),
    endless("hang", hangs),
    endless("drip before the headers", drips(b"", b"H")),
    endless("drip in the headers", drips(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n")),
    endless("drip in the body", drips(OK + b"Content-Length: 1000\r\n\r\n", b" ")),
    endless("drip in chunks", drips(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n")),
    endless("endless 1xx", drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
    endless("a flood of 1xx", drips(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100, every=0)),
]
PROTOCOL = [
    down("garbage status line", sends(b"\x00\xff what?\r\n\r\n")),
    down("another protocol", sends(b"220 mail.example ESMTP\r\n")),
    down("conflicting lengths", sends(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ")),
    down("short body", sends(OK + b"Content-Length: 100\r\n\r\n{}")),
    down("cut chunk", sends(OK + b"Transfer-Encoding: chunked\r\n\r\n50\r\n{")),
    down("garbage chunk length", sends(OK + b"Transfer-Encoding: chunked\r\n\r\nmany\r\n{}\r\n0\r\n\r\n")),
    down("oversized headers", sends(OK + b"X-Large: " + b"x" * 200_000 + b"\r\n\r\n{}")),
    invalid("redirect elsewhere", response(b"", 302, Location="http://127.0.0.1:1/")),
    invalid("redirect in a loop", response(b"", 307, Location="/patients/x7")),
    invalid("redirect to a file", response(b"", 301, Location="file:///etc/passwd")),
    *(invalid(f"redirect to {place}", response(b"", 302, Location=place)) for place in INVALID_LOCATIONS),
    invalid("permanent redirect", response(b"", 308, Location="//127.0.0.1:1/")),
]
STATUS = [
    down("500", sends(response(b"{}", 500))),
    down("502", sends(response(b"<h1>Bad gateway</h1>", 502, Content_Type="text/html"))),
    down("503", sends(response(b"", 503))),
    Fault("503 with a wait past the deadline", PAST_THE_DEADLINE, UpstreamDown, counted=[True], retry_after=290),
    down("504", sends(response(b"", 504))),
    down("408", sends(response(b"", 408))),
    Fault("401", sends(response(b"", 401)), CredentialsRejected, counted=[]),
    Fault("403", sends(response(b"", 403)), CredentialsRejected, counted=[]),
    Fault("404", sends(response(b"", 404)), NoUpstreamRecord, counted=[]),
    limited("429", None, retry_after=None, attempts=3),
    limited("429 with seconds", "7", retry_after=7, attempts=1),
    limited("429 with a date", LATER, retry_after=MAX_WAIT, attempts=1),
    limited("429 with a past date", "Wed, 21 Oct 2015 07:28:00 GMT", retry_after=0, attempts=3),
    limited("429 with garbage", "soon", retry_after=None, attempts=3),
    limited("429 with a negative wait", "-5", retry_after=None, attempts=3),
    limited("429 with an enormous wait", "9" * 400, retry_after=MAX_WAIT, attempts=1),
    invalid("204", b"HTTP/1.1 204 No Content\r\n\r\n"),
    invalid("206", response(b"{}", 206)),
    invalid("400", response(b"{}", 400)),
    invalid("418", response(b"{}", 418)),
    body("empty 200", b""),
]
BODY = [
    body("malformed", b'{"first_name": "Ada"'),
    body("two documents", b"{} {}"),
    body("a list", b"[]"),
    body("null", b"null"),
    record("wrong schema", b'{"first_name": {"given": "Ada"}}'),
    record("a value that breaks a rule", b'{"email": "nobody"}'),
    invalid("wrong content type", response(b"{}", Content_Type="application/xml")),
    invalid("an HTML login page", response(b"<html>Sign in</html>", Content_Type="text/html; charset=utf-8")),
    invalid("huge, declared", OK + b"Content-Length: 1000000000000\r\n\r\n", b" " * 2_000_000),
    invalid("huge, chunked", OK + b"Transfer-Encoding: chunked\r\n\r\n", (b"10000\r\n" + b" " * 65536 + b"\r\n") * 30),
    invalid("gzip bomb", response(gzip.compress(b" " * 50_000_000), Content_Encoding="gzip")),
    invalid("bad gzip", response(b"{}", Content_Encoding="gzip")),
    invalid("truncated gzip", response(COMPRESSED[:-9], Content_Encoding="gzip")),
    invalid("gzip and more", response(COMPRESSED + b"more", Content_Encoding="gzip")),
    invalid("an unknown content encoding", response(b"{}", Content_Encoding="br")),
    body("duplicate keys", b'{"first_name": "Ada", "first_name": "Eve"}'),
    body("NaN", b'{"weight": NaN}'),
    body("Infinity", b'{"weight": Infinity}'),
    body("1e999", b'{"weight": 1e999}'),
    body("deep nesting", b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    body("5,000 digits", b'{"a": ' + b"9" * 5000 + b"}"),
    body("bad UTF-8", b'{"first_name": "\xff\xfe"}'),
    body("a lone surrogate", b'{"first_name": "\\ud800"}'),
]
FAULTS = [*NETWORK, *PROTOCOL, *STATUS, *BODY]
