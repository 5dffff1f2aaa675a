"""Conditional requests, by RFC 9110 section 13."""

from collections.abc import Callable
from string import Formatter
from typing import Any
from uuid import UUID

import pytest

from bootstrap import Container
from core.access import Role
from core.patients.entities import Patient
from tests.http_api.client import Api
from tests.http_api.conftest import NOTICE, SETUP
from tests.http_api.problems import errors, kind

pytestmark = pytest.mark.django_db(transaction=True)

BODIES: dict[str, Any] = {
    "PATCH": {"last_name": "King"},
    "PUT": {"first_name": "Ada", "last_name": "King", "email": "a@example.org", "date_of_birth": "1985-12-10"},
    "DELETE": None,
}


@pytest.fixture
def path(ada: Patient) -> str:
    return f"patients/{ada.id}/"


@pytest.mark.parametrize("method", BODIES)
def test_if_match_accepts_a_list_and_compares_complete_etags(admin: Api, path: str, method: str) -> None:
    tag = admin.get(path)["ETag"]
    another = admin.post("patients/", other())["ETag"]
    mistyped = [f"{tag[:at]}{'0' if tag[at] != '0' else '1'}{tag[at + 1 :]}" for at in (1, 3, 18, 20, 35)]
    for wrong in (*mistyped, another, '"1-0"', f"W/{tag}", f'W/{tag}, "1-00"'):
        refused = admin.call(method, path, BODIES[method], {"If-Match": wrong})
        assert (refused.status_code, kind(refused)) == (412, "version-mismatch"), wrong
    assert admin.get(path)["ETag"] == tag
    assert admin.call(method, path, BODIES[method], {"If-Match": f'"7-00", {tag}'}).status_code in {200, 204}


def other() -> dict[str, Any]:
    return {"first_name": "Eve", "last_name": "Ek", "email": "eve@example.org", "date_of_birth": "1985-12-10"}


@pytest.mark.parametrize("method", BODIES)
def test_if_none_match_with_the_current_etag_refuses_a_change(admin: Api, path: str, method: str) -> None:
    tag = admin.get(path)["ETag"]
    for excluded in ("*", tag, f"W/{tag}", f'"7-00", {tag}'):
        refused = admin.call(method, path, BODIES[method], {"If-None-Match": excluded})
        assert (refused.status_code, kind(refused)) == (412, "precondition-failed"), excluded
    both = admin.call(method, path, BODIES[method], {"If-None-Match": tag, "If-Match": '"7-00"'})
    assert kind(both) == "version-mismatch"
    assert admin.get(path)["ETag"] == tag
    allowed = {"If-None-Match": '"7-00"', "If-Match": "*", "If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}
    assert admin.call(method, path, BODIES[method], allowed).status_code in {200, 204}


def test_preconditions_are_checked_after_permissions_and_before_values(reader: Api, clerk: Api, path: str) -> None:
    assert kind(reader.patch(path, {"last_name": "King"}, If_Match='"7-00"')) == "forbidden"
    assert kind(clerk.patch(path, {"last_name": 5}, If_Match='"7-00"')) == "version-mismatch"
    unknown = f"{path[:-5]}0000/"
    assert kind(clerk.patch(unknown, {"last_name": "King"}, If_Match='"7-00"')) == "patient-not-found"


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("header", ["", "3", "3-0f1e2d3c4b5a6978", ",", '"open'])
def test_a_precondition_without_an_etag_is_refused(clerk: Api, path: str, name: str, header: str) -> None:
    assert errors(clerk.call("PATCH", path, {"last_name": "King"}, {name: header})) == {(name, "invalid")}


def test_reads_accept_preconditions(reader: Api, path: str) -> None:
    tag = reader.get(path)["ETag"]
    assert reader.get(path, If_Match=tag).status_code == reader.get(path, If_Match="*").status_code == 200
    assert kind(reader.get(path, If_Match='"1-0"')) == kind(reader.get(path, If_Match=f"W/{tag}")) == "version-mismatch"
    for known in ("*", tag, f'"7-00", W/{tag}'):
        unchanged = reader.get(path, If_None_Match=known)
        assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", tag)
        assert reader.call("HEAD", path, headers={"If-None-Match": known}).status_code == 304
    for unknown in ("", "nonsense", '"1-0"'):
        assert reader.get(path, If_None_Match=unknown).status_code == 200


def test_the_etag_of_any_representation_allows_a_change(
    admin: Api, anonymous: Api, registry: Container, post_id: UUID
) -> None:
    path = f"posts/{post_id}/"
    before = anonymous.get(path)
    registry.add_comment()(actor=SETUP, post_id=post_id, content="Thanks.")
    after = admin.get(path)
    assert after.json()["comment_count"] == before.json()["comment_count"] + 1
    assert after["ETag"] != before["ETag"]
    assert admin.get(path, If_None_Match=before["ETag"]).status_code == 200
    edited = admin.patch(path, {"title": "Flu"}, If_Match=before["ETag"])
    assert (edited.status_code, edited.json()["title"]) == (200, "Flu")
    for method, body in (("PUT", NOTICE), ("DELETE", None)):
        assert kind(admin.call(method, path, body, {"If-Match": after["ETag"]})) == "version-mismatch"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "patients/"), ("POST", "sync-jobs/"), ("POST", "imports/"), ("POST", "users/"),
        ("PATCH", "users/{user_id}/"), ("POST", "posts/{post_id}/publish/"),
        ("DELETE", "service-accounts/{account_id}/keys/{key_id}/"),
    ],
)  # fmt: skip
def test_preconditions_are_checked_after_permissions_without_etags_too(
    admin: Api, signed_in: Callable[[Role], Api], request: pytest.FixtureRequest, method: str, path: str
) -> None:
    ids = {name: request.getfixturevalue(name) for _, name, _, _ in Formatter().parse(path) if name}
    where, headers = path.format(**ids), {"If-Match": '"1-0"'}
    assert kind(admin.call(method, where, {}, headers)) == "precondition-failed"
    assert kind(signed_in(Role.READER).call(method, where, {}, headers)) == "forbidden"


def test_preconditions_are_not_ignored_without_etags(admin: Api, user_id: UUID, path: str) -> None:
    user = f"users/{user_id}/"
    for method, where, headers in (
        ("PATCH", user, {"If-Match": '"1-0"'}),
        ("PATCH", user, {"If-None-Match": "*"}),
        ("POST", "patients/", {"If-None-Match": "*"}),
        ("POST", f"{path}sync_external_data/", {"If-Match": "*"}),
    ):
        refused = admin.call(method, where, {}, headers)
        assert (refused.status_code, kind(refused)) == (412, "precondition-failed"), (method, where)
    assert errors(admin.patch(user, {}, If_Match="1")) == {("If-Match", "invalid")}
    assert admin.patch(user, {}, If_Match="*").status_code == 200
    assert admin.patch(user, {}, If_None_Match='"1-0"').status_code == 200
    assert admin.post("patients/", other(), If_None_Match='"1-0"').status_code == 201
    assert kind(Api().post("patients/", other(), If_None_Match="*")) == "unauthenticated"
