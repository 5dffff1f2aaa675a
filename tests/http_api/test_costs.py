"""What requests cost in CPU time, each input as large and as awkward as it is taken.

Passwords are hashed slowly on purpose, but not in tests. What a file of an import costs grows with its size, by design.
"""

from collections.abc import Callable
from random import Random
from urllib.parse import quote

import pytest

from adapters.web.markdown import html
from bootstrap import Container
from core.patients.entities import Patient
from core.posts.entities import MAX_CONTENT_LENGTH
from tests.costs import ANONYMOUS, SIGNED_IN, cost
from tests.http_api.client import Answer, Api
from tests.http_api.conftest import SETUP
from tests.http_api.problems import kind

pytestmark = pytest.mark.django_db(transaction=True)

MARKS = "a" + "\u0301" * 2000 + "\u0323" * 2000
LONG = 9500  # of a header or a query string
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
    "Traceparent": f"cc-{'1' * 32}-{'1' * 16}-01-" + "-" * LONG,
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
    "lists": b"[" + b",".join([b"[]"] * 24_999) + b"]",
    "too many lists": b"[" + b",".join([b"[]"] * 160_000) + b"]",
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
def test_a_header_stays_within_the_cpu_budget_of_anonymous_callers(
    registry: Container, anonymous: Api, name: str
) -> None:
    for path in ("posts/", "/notices/", "/admin/"):
        within(ANONYMOUS, lambda path=path: anonymous.call("GET", path, headers={name: HEADERS[name]}))


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_stays_within_the_cpu_budget_of_anonymous_callers(
    registry: Container, anonymous: Api, name: str
) -> None:
    for path in ("posts/", "/notices/", "/admin/"):
        within(ANONYMOUS, lambda path=path: anonymous.get(f"{path}?{QUERIES[name]}"))


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
        "posts/",
        "posts/popular/",
    ],
)
def test_a_path_stays_within_the_cpu_budget_of_anonymous_callers(
    registry: Container, anonymous: Api, path: str
) -> None:
    for number in range(50 if path in {"posts/", "/notices/"} else 0):
        post = registry.write_post()(actor=SETUP, title=f"Notice {number}", content="x" * 1000)
        registry.publish_post()(actor=SETUP, post_id=post.id)
    within(ANONYMOUS, lambda: anonymous.get(path))


@pytest.mark.parametrize("limit", [24, 60])
def test_compressing_a_page_stays_within_the_cpu_budget_of_anonymous_callers(
    registry: Container, anonymous: Api, limit: int
) -> None:
    chance = Random(7)
    words = [f"{chance.getrandbits(24):x}" for _ in range(3000)]
    for number in range(limit):
        content = " ".join(chance.choices(words, k=3000))[:MAX_CONTENT_LENGTH]
        post = registry.write_post()(actor=SETUP, title=f"Notice {number}", content=content)
        registry.publish_post()(actor=SETUP, post_id=post.id)
    within(ANONYMOUS, lambda: anonymous.get(f"posts/?limit={limit}", Accept_Encoding="gzip"))


FORMS = {
    "marks": "username=" + quote("a" + "\u0301\u0323" * 5000) + "&password=x",
    "password": "username=a@example.org&password=" + "x" * 60_000,
    "fields": "&".join(f"{number}=" for number in range(999)),
    "escapes": "%41" * 21_000,
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_stays_within_the_cpu_budget_of_anonymous_callers(
    registry: Container, anonymous: Api, name: str
) -> None:
    form, urlencoded = FORMS[name].encode(), "application/x-www-form-urlencoded"
    within(ANONYMOUS, lambda: anonymous.call("POST", "/admin/login/", form, content_type=urlencoded))


@pytest.mark.parametrize("name", BODIES)
def test_credentials_stay_within_the_cpu_budget_of_anonymous_callers(
    registry: Container, anonymous: Api, name: str
) -> None:
    for path in ("auth/token/", "auth/token/refresh/", "patients/"):
        for body in (BODIES[name], BODIES[name].replace(b"first_name", b"email")[:4096]):
            within(ANONYMOUS, lambda path=path, body=body: anonymous.post(path, body))


@pytest.mark.parametrize("name", BODIES)
def test_a_body_stays_within_the_cpu_budget_of_a_user(clerk: Api, name: str) -> None:
    assert len(BODIES[name]) <= 500_000
    within(SIGNED_IN, lambda: clerk.post("patients/", BODIES[name]))


@pytest.mark.parametrize("query", ["q=" + quote("\U0001fae2" * 200), "q=" + quote(MARKS[:200]), "email=" + "a" * 9000])
def test_a_search_stays_within_the_cpu_budget_of_a_user(clerk: Api, ada: Patient, query: str) -> None:
    within(SIGNED_IN, lambda: clerk.get(f"patients/?{query}"))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda api: api.get("posts/", Accept="a" * 17_000), (431, "headers-too-large")),
        (lambda api: api.get("posts/", Cookie="a=" + "b" * 17_000), (431, "headers-too-large")),
        (lambda api: api.get("posts/?limit=" + "1" * 10_000), (414, "address-too-long")),
        (lambda api: api.get("/" + "a" * 10_000), (414, "address-too-long")),
        (lambda api: api.post("/admin/login/", b"x" * 65_537), (413, "too-large")),
        (lambda api: api.post("auth/token/", b"x" * 500_001), (413, "too-large")),
    ],
)
def test_oversized_requests_are_refused(
    registry: Container, anonymous: Api, call: Callable[[Api], Answer], expected: tuple[int, str]
) -> None:
    answer = call(anonymous)
    assert (answer.status_code, kind(answer)) == expected


PIECES = [
    "[", "![", "[a](", "[a](b)", "[a]", "[a]: b\n", "*a ", "**a", "a*", "*_", "`a", "> ", ">", "- ", "- a\n", "1. ",
    "# a\n", "|a", "|a|\n|-|\n", "<", "<a", "<!--", "<a@b.c>", "<http://a>", "&", "&amp;", "\\", "~~", '"', "a\n",
    "\n", "    a\n", "```\n",
]  # fmt: skip
MARKDOWN = {
    **{piece: piece * MAX_CONTENT_LENGTH for piece in PIECES},
    "nested quotes before lines": "> " * 5000 + "\n" + "a\n" * 5000,
    "nested lists before lines": "1. " * 3333 + "\n" + "|\n" * 5000,
    "nested emphasis": "*a " * 3300 + "b* " * 3300,
    "a long table": "|a" * 100 + "\n" + "|-" * 100 + "\n" + "a\n" * 9700,
    "a wide table": "|a" * 3000 + "\n" + "|-" * 3000 + "\n" + "a\n" * 3500,
    "many names of a link": "[a]: " + "u" * 9000 + "\n\n" + "[a]" * 3600,
}


@pytest.mark.parametrize("name", MARKDOWN)
def test_showing_a_notice_stays_within_the_cpu_budget_of_anonymous_callers(name: str) -> None:
    content = MARKDOWN[name][:MAX_CONTENT_LENGTH]
    within(ANONYMOUS, lambda: html.__wrapped__(content))
