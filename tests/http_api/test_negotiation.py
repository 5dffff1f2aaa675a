"""Which bodies are read, in which form answers come, and what an address says that it takes."""

import gzip
from typing import Any
from uuid import UUID

import orjson
import pytest

from core.patients.entities import Patient
from tests.http_api.client import Api
from tests.http_api.problems import errors, kind

pytestmark = pytest.mark.django_db(transaction=True)

GRACE: dict[str, Any] = {
    "first_name": "Grace",
    "last_name": "Hopper",
    "email": "grace@example.org",
    "date_of_birth": "1946-12-09",
}


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("", 200),
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("text/html, application/*;q=0.1", 200),
        ("text/html, image/gif, *; q=.2", 200),
        ("nonsense", 200),
        (",;=/", 200),
        ("application/json;q=zz", 200),
        ("text/html", 406),
        ("application/json;q=0", 406),
        ("*/*, application/json;q=0", 406),
        ("application/*;q=0, */*;q=0.5", 406),
        ("application/xml, nonsense", 406),
        ("text/html," * 1000, 406),
    ],
)
def test_a_record_is_json_where_accept_allows_it(reader: Api, accept: str, status: int) -> None:
    answer = reader.get("patients/", Accept=accept)
    assert answer.status_code == status, answer.content
    if status == 406:
        assert kind(answer) == "not-acceptable"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "text/csv"),
        ("*/*", "text/csv"),
        ("text/csv, application/x-ndjson", "text/csv"),
        ("text/csv;q=0.2, application/x-ndjson;q=0.9", "application/x-ndjson"),
        ("text/csv;q=0.5, */*", "application/x-ndjson"),
        ("text/csv;q=0, */*", "application/x-ndjson"),
        ("application/*, text/*;q=0.9", "application/x-ndjson"),
        ("application/x-ndjson;q=0.001", "application/x-ndjson"),
    ],
)
def test_an_export_has_the_format_that_accept_prefers(clerk: Api, accept: str, expected: str) -> None:
    answer = clerk.get("patients/export/", Accept=accept)
    assert answer["Content-Type"] == f"{expected}; charset=utf-8"
    assert "Accept" in answer["Vary"]
    answer.close()


@pytest.mark.parametrize("accept", ["text/csv;q=0, application/x-ndjson;q=0", "*/*;q=0", "application/json"])
def test_an_unsupported_export_format_is_refused(clerk: Api, accept: str) -> None:
    assert kind(clerk.get("patients/export/", Accept=accept)) == "not-acceptable"


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", 'application/json;charset="UTF-8"', "application/json; v=1"],
)
def test_a_json_body_in_utf_8_is_read(clerk: Api, content_type: str) -> None:
    assert clerk.call("POST", "patients/", GRACE, content_type=content_type).status_code == 201


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/merge-patch+json",
        "application/fhir+json",
        "application/*",
        "*/*",
    ],
)
def test_an_unsupported_content_type_is_refused_and_the_supported_one_named(clerk: Api, content_type: str) -> None:
    refused = clerk.call("POST", "patients/", GRACE, content_type=content_type)
    assert (refused.status_code, kind(refused)) == (415, "unsupported-media-type")
    assert refused["Accept"] == "application/json"
    assert clerk.get("patients/").json()["results"] == []


def test_patch_accepts_a_merge_patch_and_null_clears_optional_fields(clerk: Api, ada: Patient) -> None:
    path = f"patients/{ada.id}/"
    clerk.patch(path, {"phone": "+12015550123"})
    merged = clerk.call("PATCH", path, {"phone": None}, content_type="application/merge-patch+json")
    assert (merged.status_code, merged.json()["phone"]) == (200, None)
    cleared = clerk.call("PATCH", path, {"sex": None}, content_type="application/merge-patch+json")
    assert errors(cleared) == {("sex", "type")}
    refused = clerk.call("PATCH", path, [], content_type="application/json-patch+json")
    assert (refused.status_code, refused["Accept-Patch"]) == (415, "application/json, application/merge-patch+json")
    assert clerk.call("PUT", path, GRACE, content_type="application/merge-patch+json").status_code == 415


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "identity, gzip", "br"])
def test_a_content_encoding_is_refused_and_the_supported_one_named(clerk: Api, coding: str) -> None:
    refused = clerk.post("patients/", gzip.compress(orjson.dumps(GRACE)), Content_Encoding=coding)
    assert (refused.status_code, kind(refused)) == (415, "unsupported-media-type")
    assert refused["Accept-Encoding"] == "identity"
    assert clerk.post("patients/", GRACE, Content_Encoding="Identity").status_code == 201


def test_a_body_with_an_idempotency_key_is_read(clerk: Api) -> None:
    assert clerk.post("patients/", GRACE, Idempotency_Key="8e03978e-40d5-43dd-bc93-6894a57f9324").status_code == 201


def test_options_lists_the_methods_of_a_path_without_signing_in(anonymous: Api, patient_id: UUID) -> None:
    answer = anonymous.call("OPTIONS", f"patients/{patient_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Allow"] == "GET, PUT, PATCH, DELETE, OPTIONS, HEAD"
    assert answer["Accept-Patch"] == "application/json, application/merge-patch+json"
    search = anonymous.call("OPTIONS", "patients/search/")
    assert (search.status_code, search["Allow"]) == (204, "POST, OPTIONS")
    assert "Accept-Patch" not in search
    assert anonymous.call("OPTIONS", "nothing/").status_code == 404


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "DELETE", "PURGE"])
def test_unsupported_methods_are_refused_and_the_supported_ones_named(clerk: Api, method: str) -> None:
    refused = clerk.call(method, "patients/")
    assert (refused.status_code, kind(refused)) == (405, "method-not-allowed")
    assert set(refused["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_head_responds_like_get_without_the_body(reader: Api, ada: Patient) -> None:
    for path in ("patients/", f"patients/{ada.id}/", f"patients/{ada.id}/history/"):
        got, head = reader.get(path), reader.call("HEAD", path)
        assert head.content == b""
        own = {name: got[name] for name in ("RateLimit", "X-Request-ID")}
        assert dict(head.items()) | own == dict(got.items())


def test_a_response_without_a_body_has_neither_type_nor_length(admin: Api, ada: Patient) -> None:
    path = f"patients/{ada.id}/"
    unchanged = admin.get(path, If_None_Match=admin.get(path)["ETag"])
    for answer, status in ((unchanged, 304), (admin.call("OPTIONS", path), 204), (admin.delete(path), 204)):
        assert answer.status_code == status
        assert not {"Content-Length", "Content-Type"} & answer.headers.keys()


def test_an_id_may_be_written_in_upper_case(clerk: Api, ada: Patient) -> None:
    for path in (f"patients/{str(ada.id).upper()}/", f"patients/{str(ada.id).upper()}/history"):
        assert clerk.get(path).status_code == 200
    assert clerk.get(f"PATIENTS/{ada.id}/").status_code == 404


def test_a_range_request_gets_the_complete_response(reader: Api, ada: Patient) -> None:
    answer = reader.get(f"patients/{ada.id}/", Range="bytes=0-9", If_Range='"1"')
    assert (answer.status_code, answer.json()["id"]) == (200, str(ada.id))
