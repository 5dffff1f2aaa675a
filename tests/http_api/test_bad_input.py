from pathlib import Path
from string import Formatter
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.test.client import MULTIPART_CONTENT

from core.patients.entities import Patient
from tests.http_api.client import Api
from tests.http_api.problems import errors, kind

pytestmark = pytest.mark.django_db(transaction=True)

SCHEMA = orjson.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_bytes())
OPERATIONS = [
    *((method, path) for path, operations in SCHEMA["paths"].items() for method in operations),
    ("get", "/api/v1/schema/"),
]
VALID: dict[str, Any] = {
    "first_name": "Grace",
    "last_name": "Hopper",
    "email": "grace@example.org",
    "date_of_birth": "1946-12-09",
}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"shoe_size": 43}, ("shoe_size", "unknown")),
        ({"actor": "admin"}, ("actor", "unknown")),
        ({"version": 7}, ("version", "read_only")),
        ({"first_name": 5}, ("first_name", "type")),
        ({"first_name": None, "last_name": None}, ("first_name", "required")),
        ({"first_name": ["Grace"]}, ("first_name", "type")),
        ({"first_name": "  "}, ("first_name", "blank")),
        ({"first_name": "x" * 101}, ("first_name", "too_long")),
        ({"last_name": "Hop\u0000per"}, ("last_name", "characters")),
        ({"last_name": "Hop\u202eper"}, ("last_name", "characters")),
        ({"email": "grace"}, ("email", "invalid")),
        ({"email": "a" * 250 + "@example.org"}, ("email", "invalid")),
        ({"email": 12}, ("email", "type")),
        ({"phone": "call me"}, ("phone", "invalid")),
        ({"phone": 6502530000}, ("phone", "type")),
        ({"date_of_birth": "2999-01-01"}, ("date_of_birth", "future")),
        ({"date_of_birth": "1700-01-01"}, ("date_of_birth", "too_old")),
        ({"date_of_birth": "1990-02-30"}, ("date_of_birth", "invalid")),
        ({"date_of_birth": "19900203"}, ("date_of_birth", "invalid")),
        ({"date_of_birth": 1990}, ("date_of_birth", "invalid")),
        ({"sex": "yes"}, ("sex", "choice")),
        ({"status": True}, ("status", "type")),
        ({"identifiers": "mrn|1"}, ("identifiers", "type")),
        ({"identifiers": [{"system": "mrn"}]}, ("identifiers.0.value", "required")),
        ({"identifiers": [{"system": "m rn", "value": ""}]}, ("identifiers.0.value", "blank")),
        ({"identifiers": [{"system": "mrn", "value": "1"}] * 2}, ("identifiers", "repeated")),
        ({"external_id": ".."}, ("external_id", "characters")),
        ({"external_id": "a b"}, ("external_id", "characters")),
    ],
)
def test_an_invalid_field_is_named_with_its_rule_and_nothing_is_registered(
    clerk: Api, given: dict[str, Any], error: tuple[str, str]
) -> None:
    assert error in errors(clerk.post("patients/", VALID | given))
    assert clerk.get("patients/").json()["results"] == []


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_path_refuses_unknown_parameters(
    admin: Api, request: pytest.FixtureRequest, method: str, path: str
) -> None:
    ids = {name: request.getfixturevalue(name) for _, name, _, _ in Formatter().parse(path) if name}
    answer = admin.call(method.upper(), f"{path.format(**ids)}?shoe_size=43", content_type=content_type(path))
    assert {error for error in errors(answer) if error[1] != "required"} == {("shoe_size", "unknown")}


def content_type(path: str) -> str:
    return MULTIPART_CONTENT if path == "/api/v1/imports/" else "application/json"


def test_every_error_is_named_at_once(clerk: Api) -> None:
    response = clerk.post("patients/", {"first_name": 5, "email": "grace", "date_of_birth": "2999-01-01"})
    assert errors(response) == {
        ("first_name", "type"),
        ("email", "invalid"),
        ("date_of_birth", "future"),
    }


def test_read_only_fields_are_named_with_every_other_error(clerk: Api, admin: Api, ada: Patient, user_id: UUID) -> None:
    derived = {(name, "read_only") for name in ("id", "full_name", "age", "version", "created_at", "updated_at")}
    derived |= {("last_synced_at", "read_only"), ("merged_into", "read_only")}
    whole = clerk.get(f"patients/{ada.id}/").json()
    assert errors(clerk.post("patients/", whole)) == derived
    wrong = {"shoe_size": 43, "email": "grace", "sex": "yes"}
    others = {("shoe_size", "unknown"), ("email", "invalid"), ("sex", "choice")}
    assert errors(clerk.post("patients/", whole | wrong)) == derived | others
    assert errors(clerk.patch(f"patients/{ada.id}/", whole | wrong)) == derived | others
    assert errors(clerk.put(f"patients/{ada.id}/", wrong | {"version": "1", "first_name": "Ada"})) == others | {
        ("version", "type"),
        ("last_name", "required"),
        ("date_of_birth", "required"),
    }
    assert clerk.get(f"patients/{ada.id}/").json() == whole
    post = admin.post("posts/", {"title": "Flu", "content": "Wash."}).json()
    for answer in (admin.post("posts/", post | {"title": 5}), admin.patch(f"posts/{post['id']}/", post | {"title": 5})):
        assert {("slug", "read_only"), ("version", "read_only"), ("title", "type")} <= errors(answer)
    copied = errors(admin.post("users/", admin.get(f"users/{user_id}/").json()))
    assert copied == {(name, "read_only") for name in ("id", "is_active", "must_change_password", "created_at")} | {
        ("password", "required")
    }


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"{", 400, "malformed-body"),
        (b"\xff{}", 400, "malformed-body"),
        (b'{"first_name": NaN}', 400, "malformed-body"),
        (b'{"first_name": "\\ud800"}', 400, "malformed-body"),
        (b"[" * 20_000, 400, "malformed-body"),
        (b"[" * 100_000, 400, "invalid"),
        (b'{"first_name": ' + b"[" * 500 + b"]" * 500 + b"}", 400, "invalid"),
        (b"[]", 400, "invalid"),
        (b"null", 400, "invalid"),
        (b"", 400, "invalid"),
        (b'{"first_name": "' + b"x" * 500_001 + b'"}', 413, "too-large"),
    ],
)
def test_an_unreadable_body_is_refused(clerk: Api, body: bytes, status: int, expected: str) -> None:
    response = clerk.post("patients/", body)
    assert (response.status_code, kind(response)) == (status, expected)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"first_name": "Ada", "last_name": "L", "first_name": "Eve"}', {"first_name"}),
        (b'{"a": 1, "a": 1, "b": 1, "b": 1, "b": 1}', {"a", "b"}),
        (b'{"first_n\\u0061me": "Ada", "first_name": "Eve"}', {"first_name"}),
        (b'{"identifiers": [{"system": "mrn", "value": "7", "value": "8"}]}', {"value"}),
        (b'{"": 1, "": 2}', {""}),
    ],
)
def test_a_repeated_member_is_refused_by_name(clerk: Api, body: bytes, named: set[str]) -> None:
    assert errors(clerk.post("patients/", body)) == {(name, "repeated") for name in named}


def test_a_query_parameter_is_refused_where_none_is_allowed(clerk: Api, ada: Patient) -> None:
    for path in ("patients/?dry_run=true", "sync-jobs/?status=active", "patients/search/?q=ada"):
        assert "unknown" in {code for _, code in errors(clerk.post(path, {}))}


@pytest.mark.parametrize(
    "path",
    [
        "patients/{}/sync_external_data/",
        "posts/{}/publish/",
        "imports/{}/cancel/",
        "sync-jobs/{}/cancel/",
        "upstreams/{}/isolate/",
        "upstreams/{}/close/",
    ],
)
def test_a_body_is_refused_where_none_is_allowed(admin: Api, path: str) -> None:
    address = path.format(UUID(int=0))
    assert errors(admin.post(address, {"dry_run": True})) == {("dry_run", "unknown")}
    assert errors(admin.post(f"{address}?dry_run=true")) == {("dry_run", "unknown")}
    for empty in (None, {}):
        assert admin.post(address, empty).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("users/", {"email": "eve", "role": "boss"},
         {("email", "invalid"), ("role", "choice"), ("password", "required")}),
        ("users/{user}/password/", {"password": "short"}, {("password", "length")}),
        ("service-accounts/", {"name": "L", "keys": []},
         {("name", "name"), ("keys", "read_only"), ("role", "required")}),
        ("service-accounts/{machine}/keys/", {"expires_at": "tomorrow"},
         {("expires_at", "invalid"), ("name", "required")}),
        ("posts/{post}/comments/", {"content": "", "author": "me"}, {("content", "blank"), ("author", "read_only")}),
        ("posts/{post}/comments/", {}, {("content", "required")}),
        ("patients/search/", {"sex": "f", "fields": [], "count": 1, "cursor": "x"},
         {("sex", "choice"), ("fields", "type"), ("count", "type"), ("cursor", "invalid")}),
        ("sync-jobs/", {"status": "dead", "patient_id": "ada"}, {("status", "choice"), ("patient_id", "invalid")}),
    ],
)  # fmt: skip
def test_an_unknown_member_is_reported_with_every_other_error(
    admin: Api, user_id: UUID, path: str, body: dict[str, object], expected: set[tuple[str, str]]
) -> None:
    post = admin.post("posts/", {"title": "Flu", "content": "Wash."}).json()["id"]
    machine = admin.post("service-accounts/", {"name": "lab-import", "role": "clerk"}).json()["id"]
    answer = admin.post(path.format(user=user_id, post=post, machine=machine), body | {"shoe_size": 43})
    assert errors(answer) == expected | {("shoe_size", "unknown")}


def test_an_unknown_member_of_an_account_is_reported_with_every_other_error(admin: Api, user_id: UUID) -> None:
    machine = admin.post("service-accounts/", {"name": "lab-import", "role": "clerk"}).json()["id"]
    for path in (f"users/{user_id}/", f"service-accounts/{machine}/"):
        answer = admin.patch(path, {"role": "boss", "is_active": 1, "id": "7", "shoe_size": 43})
        assert errors(answer) == {
            ("role", "choice"), ("is_active", "type"), ("id", "read_only"), ("shoe_size", "unknown")
        }  # fmt: skip


def test_an_unknown_parameter_is_reported_with_every_other_error_of_a_search(admin: Api) -> None:
    answer = admin.get("patients/?shoe_size=43&sex=f&limit=0&q=a&q=b&cursor=x")
    assert errors(answer) == {
        ("shoe_size", "unknown"), ("sex", "choice"), ("limit", "range"), ("q", "repeated"), ("cursor", "invalid")
    }  # fmt: skip


def test_errors_beyond_a_limit_are_counted(clerk: Api) -> None:
    answer = clerk.post("patients/", VALID | {f"{number}{'x' * 1000}": 1 for number in range(300)})
    assert len(errors(answer)) == 50
    assert answer.json()["more_errors"] == 250
    assert {len(error["field"]) for error in answer.json()["errors"]} == {100}
    assert "more_errors" not in clerk.post("patients/", {}).json()


@pytest.mark.parametrize("path", ["auth/token/", "auth/token/refresh/", "auth/token/revoke/", "users/me/password/"])
def test_bodies_with_credentials_are_small(clerk: Api, path: str) -> None:
    assert clerk.post(path, {"email": "x" * 4000}).status_code == 400
    assert kind(clerk.post(path, {"email": "x" * 4100})) == "too-large"


@pytest.mark.parametrize("headers", [{"Transfer-Encoding": "chunked", "Content-Type": ""}, {}])
def test_a_body_without_a_length_is_refused(clerk: Api, headers: dict[str, str]) -> None:
    headers = {"Content-Length": ""} | headers
    response = clerk.call("POST", "patients/", VALID, headers)
    assert (response.status_code, kind(response)) == (411, "length-required")


def test_an_unsupported_method_is_refused_and_the_supported_ones_named(clerk: Api) -> None:
    response = clerk.delete("patients/")
    assert (response.status_code, kind(response)) == (405, "method-not-allowed")
    assert "POST" in response["Allow"]


@pytest.mark.parametrize("path", ["nothing/", "patients/not-an-id/", "/nowhere", "/api/v2/patients/"])
def test_an_unknown_path_is_not_found(clerk: Api, path: str) -> None:
    response = clerk.get(path)
    assert (response.status_code, kind(response)) == (404, "not-found")


@pytest.mark.parametrize("rest", ["", "history/"])
def test_an_unknown_patient_is_not_found(clerk: Api, ada: Patient, rest: str) -> None:
    unknown = str(ada.id)[:-4] + "0000"
    response = clerk.get(f"patients/{unknown}/{rest}")
    assert (response.status_code, kind(response)) == (404, "patient-not-found")


def test_a_host_that_is_not_served_is_refused(anonymous: Api) -> None:
    response = anonymous.get("patients/", Host="evil.example")
    assert (response.status_code, kind(response)) == (400, "bad-request")


@pytest.mark.parametrize(("query", "field"), [("limit=0", "limit"), ("cursor=zz", "cursor"), ("page=2", "page")])
def test_invalid_parameters_of_a_history_are_named(clerk: Api, ada: Patient, query: str, field: str) -> None:
    ((named, _),) = errors(clerk.get(f"patients/{ada.id}/history/?{query}"))
    assert named == field
