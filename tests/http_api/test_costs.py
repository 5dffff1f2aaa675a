"""What requests cost in CPU time, each input as large and as awkward as it is taken.

Passwords are hashed slowly on purpose, but not in tests. What a file of an import costs grows with its size, by design.
"""

from collections.abc import Callable
from urllib.parse import quote

import pytest

from adapters.console.markdown import html
from bootstrap import Container
from core.access import Actor, Role
from core.patients.entities import Patient
from core.posts.entities import LONGEST_CONTENT
from tests.costs import ANONYMOUS, SIGNED_IN, cost
from tests.http_api.client import Api
from tests.http_api.conftest import SETUP

pytestmark = pytest.mark.django_db(transaction=True)

MARKS = "a" + "\u0301" * 2000 + "\u0323" * 2000
LONG = 7000  # of a header or a query string
HEADERS = {
    "Accept": "a/b;q=0.5," * (LONG // 10),
    "Accept-Encoding": "gzip;q=0.5," * (LONG // 11),
    "Accept-Language": "en;q=0.5," * (LONG // 9),
    "Authorization": "Bearer " + "a." * (LONG // 2),
    "Content-Type": "application/json;" + "a=b;" * (LONG // 4),
    "Cookie": 'a="\\' + "\\1" * (LONG // 2),
    "Forwarded": "for=a," * (LONG // 6),
    "Host": "a." * (LONG // 2),
    "If-Match": '"a",' * (LONG // 4),
    "If-None-Match": 'W/"a",' * (LONG // 6),
    "Idempotency-Key": "x" * LONG,
    "Origin": "http://" + "a." * (LONG // 2),
    "Range": "bytes=" + "0-1," * (LONG // 4),
    "X-Forwarded-For": "::1," * (LONG // 4),
    "X-Request-ID": "x" * LONG,
}
QUERIES = {
    "many": "&".join(f"{number}=1" for number in range(LONG // 6)),
    "one": "a=" + "x" * LONG,
    "escapes": "q=" + quote("\u0301\u0323" * (LONG // 12)),
    "cursor": "cursor=" + "A" * LONG,
    "limit": "limit=" + "9" * LONG,
    "repeated": "limit=1&" * (LONG // 8),
    "semicolons": ";=" * (LONG // 2),
}
BODIES: dict[str, bytes] = {
    "objects": b"[" + b",".join([b'{"a":1}'] * 60_000) + b"]",
    "members": b"{" + b",".join(b'"%x":1' % n for n in range(45_000)) + b"}",
    "members given twice": b"{" + b",".join(b'"%x":1,"%x":1' % (n, n) for n in range(22_000)) + b"}",
    "lists": b"[" + b",".join([b"[]"] * 160_000) + b"]",
    "nesting": b'{"first_name":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "brackets": b"[" * 500_000,
    "numbers": b"[" + b",".join([b"1.7e3"] * 80_000) + b"]",
    "digits": b'{"first_name":' + b"1" * 490_000 + b"}",
    "escapes": b'{"first_name":"' + b"\\u0301" * 80_000 + b'"}',
    "identifiers": b'{"identifiers":[' + b",".join([b"{}"] * 150_000) + b"]}",
    "one text": b'{"first_name":"' + b"\xcc\x81\xcc\xa3" * 120_000 + b'"}',
}


def within(limit: float, call: Callable[[], object]) -> None:
    assert cost(call, limit) <= limit


@pytest.mark.parametrize("name", HEADERS)
def test_no_header_costs_more_than_anybody_may_take(registry: Container, anonymous: Api, name: str) -> None:
    for path in ("posts/", "/notices/", "/admin/"):
        within(ANONYMOUS, lambda path=path: anonymous.call("GET", path, headers={name: HEADERS[name]}))  # type: ignore[misc]  # of lambdas


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_costs_more_than_anybody_may_take(registry: Container, anonymous: Api, name: str) -> None:
    for path in ("posts/", "/notices/", "/admin/"):
        within(ANONYMOUS, lambda path=path: anonymous.get(f"{path}?{QUERIES[name]}"))  # type: ignore[misc]  # of lambdas


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/notices/",
        "/notices/" + "a-" * 40,
        "/" + "a/" * 3500,
        "patients/" + "0" * 7000,
        "schema/",
        "/api/docs/",
        "/admin/login/",
        "/health/live",
        "/health/ready",
        "/metrics",
        "posts/",
        "posts/popular/",
    ],
)
def test_no_address_costs_more_than_anybody_may_take(registry: Container, anonymous: Api, path: str) -> None:
    for number in range(50):
        post = registry.write_post()(actor=SETUP, title=f"Notice {number}", content="x" * 1000)
        registry.publish_post()(actor=SETUP, post_id=post.id)
    within(ANONYMOUS, lambda: anonymous.get(path))
