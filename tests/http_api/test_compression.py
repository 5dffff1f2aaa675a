"""Compressed answers, and the entity tags that they have."""

import gzip
from collections.abc import Callable

import pytest
from backports import zstd

from adapters.http_api.rest.compression import MIN_BYTES, preferred
from core.patients.entities import Patient
from tests.http_api.client import Api
from tests.http_api.test_imports import body_of

pytestmark = pytest.mark.django_db(transaction=True)

DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "zstd": zstd.decompress}


@pytest.fixture
def patients(register: Callable[..., Patient]) -> list[Patient]:
    return [register(email=f"p{number}@example.org") for number in range(20)]


@pytest.fixture
def post(admin: Api) -> str:
    """Of a post that is long enough to be compressed."""
    written = admin.post("posts/", {"title": "Flu", "content": "Wash your hands. " * 100}).json()
    return f"posts/{written['id']}/"


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        ("", None),
        ("gzip", "gzip"),
        ("GZIP;Q=0.5", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.3, gzip;q=0.8", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("gzip;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("br, *", None),
        ("gzip;q=", "gzip"),
        (",;=, nonsense;q=nan", None),
    ],
)
def test_the_coding_with_the_highest_weight_is_used(accept_encoding: str, expected: str | None) -> None:
    coding = preferred(accept_encoding)
    assert (coding and coding.name) == expected


@pytest.mark.parametrize("coding", DECOMPRESS)
@pytest.mark.parametrize("search", [False, True])
def test_a_long_response_is_compressed_on_request(
    clerk: Api, patients: list[Patient], coding: str, search: bool
) -> None:
    def ask(**headers: str) -> dict[str, object]:
        answer = clerk.post("patients/search/", {}, **headers) if search else clerk.get("patients/", **headers)
        assert "Accept-Encoding" in answer["Vary"]
        assert int(answer["Content-Length"]) == len(answer.content)
        content = DECOMPRESS[coding](answer.content) if headers else answer.content
        assert (answer.get("Content-Encoding"), len(content) > MIN_BYTES) == (coding if headers else None, True)
        return {"content": content, "length": len(answer.content)}

    plain, compressed = ask(), ask(Accept_Encoding=coding)
    assert compressed["content"] == plain["content"]
    assert compressed["length"] < plain["length"] / 4  # type: ignore[operator]  # both are numbers


def test_short_responses_and_responses_to_writes_are_not_compressed(clerk: Api, admin: Api, post: str) -> None:
    for answer in (
        clerk.get("patients/", Accept_Encoding="gzip"),
        admin.patch(post, {"title": "Flu"}, Accept_Encoding="gzip"),
        admin.get("/notices/", Accept_Encoding="gzip"),
        admin.get("/admin/login/", Accept_Encoding="gzip"),
    ):
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer


@pytest.mark.parametrize("coding", DECOMPRESS)
def test_a_compressed_response_has_its_own_etag_that_preconditions_accept(admin: Api, post: str, coding: str) -> None:
    plain, compressed = admin.get(post), admin.get(post, Accept_Encoding=coding)
    tag = compressed["ETag"]
    assert tag == f'{plain["ETag"][:-1]}-{coding}"'
    head = admin.call("HEAD", post, headers={"Accept-Encoding": coding})
    own = {name: compressed[name] for name in ("RateLimit", "X-Request-ID")}
    assert dict(head.items()) | own == dict(compressed.items())
    for known in (tag, f"W/{tag}", f'"1-0", {tag}'):
        unchanged = admin.get(post, If_None_Match=known, Accept_Encoding=coding)
        assert (unchanged.status_code, unchanged["ETag"]) == (304, tag)
        assert (unchanged["Vary"], unchanged["Cache-Control"]) == (compressed["Vary"], compressed["Cache-Control"])
        assert "Content-Encoding" not in unchanged
    assert admin.get(post, If_None_Match=plain["ETag"])["ETag"] == plain["ETag"]
    assert admin.patch(post, {"title": "Flu season"}, If_None_Match=tag).status_code == 412
    assert admin.patch(post, {"title": "Flu season"}, If_Match=f"W/{tag}").status_code == 412
    assert admin.patch(post, {"title": "Flu season"}, If_Match=tag).status_code == 200
    assert admin.patch(post, {"title": "Late"}, If_Match=tag).status_code == 412


@pytest.mark.parametrize("coding", DECOMPRESS)
def test_an_export_is_compressed_while_it_is_streamed(clerk: Api, patients: list[Patient], coding: str) -> None:
    plain, compressed = clerk.get("patients/export/"), clerk.get("patients/export/", Accept_Encoding=coding)
    assert compressed["Content-Encoding"] == coding
    assert {"Accept", "Accept-Encoding"} <= set(compressed["Vary"].split(", "))
    assert "Content-Length" not in compressed
    content = body_of(compressed)
    assert DECOMPRESS[coding](content) == body_of(plain)
    for answer in (plain, compressed):
        answer.close()


def test_the_schema_is_compressed(anonymous: Api) -> None:
    plain, compressed = anonymous.get("schema/"), anonymous.get("schema/", Accept_Encoding="gzip")
    assert gzip.decompress(compressed.content) == plain.content


@pytest.mark.parametrize("of_schema", [True, False])
def test_a_304_is_only_for_the_coding_that_would_be_sent(admin: Api, post: str, of_schema: bool) -> None:
    path = "schema/" if of_schema else post
    codings = ("gzip", "zstd", "")
    tags = {coding: admin.get(path, Accept_Encoding=coding)["ETag"] for coding in codings}
    assert len(set(tags.values())) == len(codings)
    for wanted in codings:
        for held in codings:
            answer = admin.get(path, Accept_Encoding=wanted, If_None_Match=f'"other", {tags[held]}')
            assert (answer.status_code, answer["ETag"]) == (304 if wanted == held else 200, tags[wanted])
