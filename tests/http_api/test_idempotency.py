from collections.abc import Callable
from uuid import UUID

import pytest

from bootstrap import Container
from core.access import Role
from core.jobs.entities import JobKind
from core.patients.entities import Patient
from tests.fakes import details
from tests.http_api.client import Answer, Api
from tests.http_api.conftest import NOTICE, SETUP
from tests.http_api.problems import errors, kind
from tests.http_api.test_roles import OPERATIONS, SCHEMA

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
ASKED = {"Idempotency-Key": KEY}


def repeated(response: Answer) -> bool:
    return response.headers.get("Idempotency-Replayed") == "true"


def test_a_repeated_registration_registers_once(clerk: Api) -> None:
    first = clerk.call("POST", "patients/", details(), ASKED)
    again = clerk.call("POST", "patients/", details(), ASKED)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again["Location"], again["ETag"]) == (first.content, first["Location"], first["ETag"])
    assert (repeated(first), repeated(again)) == (False, True)
    assert len(clerk.get("patients/").json()["results"]) == 1


def test_a_repeated_change_is_made_once_despite_later_changes(clerk: Api, ada: Patient) -> None:
    path = f"patients/{ada.id}/"
    tag = {"If-Match": clerk.get(path)["ETag"]}
    first = clerk.call("PATCH", path, {"first_name": "Augusta"}, ASKED | tag)
    clerk.patch(path, {"first_name": "Adele"})
    again = clerk.call("PATCH", path, {"first_name": "Augusta"}, ASKED | tag)
    assert (again.status_code, again.content, repeated(again)) == (200, first.content, True)
    assert clerk.get(path).json()["first_name"] == "Adele"


@pytest.mark.parametrize(
    "other",
    [
        lambda clerk, _: clerk.call("POST", "patients/", details(first_name="Bob"), ASKED),
        lambda clerk, ada: clerk.call("PATCH", f"patients/{ada.id}/", details(), ASKED),
        lambda clerk, _: clerk.call("POST", "sync-jobs/", details(), ASKED),
    ],
)
def test_a_different_request_with_the_key_is_refused(
    clerk: Api, ada: Patient, other: Callable[[Api, Patient], Answer]
) -> None:
    clerk.call("POST", "patients/", details(email="bob@example.org", date_of_birth="1955-01-01"), ASKED)
    response = other(clerk, ada)
    assert (response.status_code, kind(response)) == (422, "idempotency-key-reused")


def test_an_error_may_be_repeated_with_the_same_key(clerk: Api) -> None:
    assert clerk.call("POST", "patients/", details(email="none"), ASKED).status_code == 400
    assert clerk.call("POST", "patients/", details(), ASKED).status_code == 201


def test_keys_of_different_accounts_are_independent(clerk: Api, admin: Api) -> None:
    clerk.call("POST", "patients/", details(), ASKED)
    response = admin.call("POST", "patients/", details(), ASKED)
    assert kind(response) == "email-taken"


def test_a_repeated_request_is_in_the_access_log_of_the_patient(clerk: Api, admin: Api, ada: Patient) -> None:
    bob = details(email="bob@example.org", date_of_birth="1955")
    registered, _ = (clerk.call("POST", "patients/", bob, ASKED).json() for _ in range(2))
    for _ in range(2):
        clerk.call("PATCH", f"patients/{ada.id}/", {"first_name": "Augusta"}, {"Idempotency-Key": "k2"})
    for patient_id in (registered["id"], str(ada.id)):
        (entry,) = admin.get(f"audit/?patient_id={patient_id}&action=answer_repeated").json()["results"]
        assert entry["actor_name"] == "clerk@clinic.example"


def test_a_registration_is_not_repeated_after_the_patient_was_erased(clerk: Api, admin: Api) -> None:
    registered = clerk.call("POST", "patients/", details(), ASKED)
    admin.delete(f"patients/{registered.json()['id']}/")
    again = clerk.call("POST", "patients/", details(), ASKED)
    assert (again.status_code, kind(again)) == (410, "idempotency-answer-gone")
    assert clerk.get("patients/").json()["results"] == []


def test_the_final_slash_makes_no_different_request(clerk: Api) -> None:
    first = clerk.call("POST", "patients/", details(), ASKED)
    assert clerk.call("POST", "patients", details(), ASKED).content == first.content


def test_a_large_body_with_a_key_is_read(clerk: Api) -> None:
    names = [{"use": "alias", "first_name": f"{number:0500}"} for number in range(150)]
    plain = clerk.post("patients/", details(other_names=names))
    with_key = clerk.call("POST", "patients/", details(other_names=names), ASKED)
    assert (plain.status_code, errors(plain)) == (with_key.status_code, errors(with_key))


def test_a_caller_who_lost_the_permission_gets_no_stored_response(
    registry: Container, signed_in: Callable[[Role], Api], ada: Patient
) -> None:
    clerk = signed_in(Role.CLERK)
    call = ("PATCH", f"patients/{ada.id}/", {"first_name": "Augusta"}, ASKED)
    assert clerk.call(*call).status_code == 200
    me = UUID(clerk.get("users/me/").json()["id"])
    registry.update_user()(actor=SETUP, user_id=me, role="reader")
    assert clerk.call(*call).status_code == 403


@pytest.mark.parametrize("key", ["", "a b", "k" * 256])
def test_an_invalid_key_is_named(clerk: Api, key: str) -> None:
    response = clerk.call("POST", "patients/", details(), {"Idempotency-Key": key})
    assert errors(response) == {("Idempotency-Key", "invalid")}


def test_a_body_with_a_key_that_is_too_large_is_refused(clerk: Api) -> None:
    assert clerk.call("POST", "patients/", b" " * 600_000, ASKED).status_code == 413


def test_a_job_started_twice_is_one_job(registry: Container, clerk: Api, ada: Patient) -> None:
    first, again = (clerk.call("POST", "sync-jobs/", {}, ASKED) for _ in range(2))
    assert (first.status_code, again.json()["id"], repeated(again)) == (202, first.json()["id"], True)
    assert registry.view_job()(actor=SETUP, kind=JobKind.SYNC, job_id=UUID(first.json()["id"])).total == 1


def test_a_notice_published_twice_is_shown_immediately(signed_in: Callable[[Role], Api], anonymous: Api) -> None:
    author = signed_in(Role.AUTHOR)
    assert anonymous.get("posts/").json()["results"] == []
    post = author.call("POST", "posts/", NOTICE, ASKED).json()
    for _ in range(2):
        author.call("POST", f"posts/{post['id']}/publish/", headers={"Idempotency-Key": "publish"})
    assert [one["id"] for one in anonymous.get("posts/").json()["results"]] == [post["id"]]


def test_a_repeated_request_returns_the_new_key_again(admin: Api) -> None:
    account = admin.post("service-accounts/", {"name": "lab", "role": "clerk"}).json()
    path = f"service-accounts/{account['id']}/keys/"
    first, again = (admin.call("POST", path, {"name": "december"}, ASKED).json() for _ in range(2))
    assert first["key"] == again["key"]


UNREPEATABLE = {
    "sign_in", "refresh_session", "sign_out", "change_own_password",  # they return tokens
    "reset_password", "issue_password_reset",  # a code works once, and a new one replaces it
    "search_patients", "match_patients",  # they only read
    "sync_patient", "start_import", "isolate_upstream", "close_upstream",  # doing them again changes nothing
}  # fmt: skip


def test_every_other_post_and_patch_takes_a_key() -> None:
    takes = {
        one["operationId"]
        for operations in SCHEMA["paths"].values()
        for one in operations.values()
        if any(parameter["name"] == "Idempotency-Key" for parameter in one.get("parameters", []))
    }
    changes = {name for name, (method, _) in OPERATIONS.items() if method in {"POST", "PATCH"}}
    assert takes == changes - UNREPEATABLE
