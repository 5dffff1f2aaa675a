from collections.abc import Callable
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from adapters.django_orm.access_log.models import AccessEntry
from core.access import Role
from core.patients.entities import Patient
from tests.databases import unprotected
from tests.fakes import details
from tests.http_api.client import Api
from tests.http_api.conftest import PASSWORD
from tests.http_api.problems import errors, kind

ADDRESS = "203.0.113.9"


@pytest.fixture
def boss(admin: Api) -> Client:
    """Signed in at the admin site."""
    browser = Client(REMOTE_ADDR=ADDRESS)
    browser.post("/admin/login/", {"username": "admin@clinic.example", "password": PASSWORD})
    return browser


def test_an_admin_lists_the_accesses_to_a_record(admin: Api, reader: Api, ada: Patient) -> None:
    reader.get(f"patients/{ada.id}/", x_request_id="request-1")
    reader.get("patients/")
    me = reader.get("users/me/").json()["id"]
    (entry,) = admin.get(f"audit/?patient_id={ada.id}&action=patient_viewed").json()["results"]
    assert entry.pop("at").endswith("Z")
    assert entry.pop("number") > 0
    assert entry == {
        "actor": f"user:{me}",
        "actor_name": "reader@clinic.example",
        "action": "patient_viewed",
        "patient_id": str(ada.id),
        "count": None,
        "detail": "",
        "address": "127.0.0.1",
        "request_id": "request-1",
    }


def test_pages_follow_their_links(admin: Api, reader: Api, ada: Patient) -> None:
    for _ in range(3):
        reader.get(f"patients/{ada.id}/")
    first = admin.get(f"audit/?patient_id={ada.id}&action=patient_viewed&limit=2").json()
    last = admin.get(first["next"]).json()
    assert (len(first["results"]), len(last["results"]), last["next"]) == (2, 1, None)


def test_an_admin_finds_the_changes_of_all_patients(admin: Api, ada: Patient) -> None:
    bob = admin.post("patients/", details(email="bob@example.org", first_name="Bob")).json()["id"]
    admin.patch(f"patients/{ada.id}/", {"phone": "+442079460321"})
    me = f"user:{admin.get('users/me/').json()['id']}"
    newest, other = admin.get(f"audit/changes/?actor={me}").json()["results"]
    assert (newest["patient_id"], newest["patient_name"]) == (str(ada.id), ada.full_name)
    assert (newest["actor_name"], newest["action"]) == ("admin@clinic.example", "updated")
    assert newest["changes"] == {"phone": {"before": ada.phone, "after": "+442079460321"}}
    assert (other["patient_id"], other["action"]) == (bob, "registered")
    assert admin.get(f"audit/changes/?actor={me}&until={other['at']}").json()["results"] == []
    assert admin.get(f"audit/changes/?action=registered&patient_id={bob}").json()["results"] == [other]

    first = admin.get("audit/changes/?limit=2").json()
    last = admin.get(first["next"]).json()
    assert first["results"] == [newest, other]
    assert ([one["patient_id"] for one in last["results"]], last["next"]) == ([str(ada.id)], None)
    seen = admin.get(f"audit/?action=audit_viewed&patient_id={bob}").json()["results"]
    assert {entry["actor"] for entry in seen} == {me}


def test_an_erased_patient_has_neither_name_nor_values_in_the_search(admin: Api, ada: Patient) -> None:
    admin.delete(f"patients/{ada.id}/")
    erased, registered = admin.get(f"audit/changes/?patient_id={ada.id}").json()["results"]
    assert [one["action"] for one in (erased, registered)] == ["erased", "registered"]
    assert [(one["patient_name"], one["changes"]) for one in (erased, registered)] == [(None, None)] * 2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("action=viewed&since=yesterday", {("action", "choice"), ("since", "invalid")}),
        ("patient_id=7&limit=201", {("patient_id", "invalid"), ("limit", "range")}),
        ("cursor=AAAA", {("cursor", "invalid")}),
    ],
)
def test_an_invalid_search_of_changes_is_named(admin: Api, query: str, expected: set[tuple[str, str]]) -> None:
    assert errors(admin.get(f"audit/changes/?{query}")) == expected


def test_a_refusal_names_the_operation(admin: Api, reader: Api, ada: Patient) -> None:
    reader.patch(f"patients/{ada.id}/", {"first_name": "Bob"})
    reader.get("users/")
    users, change = admin.get("audit/?action=refused").json()["results"]
    assert (change["detail"], change["patient_id"]) == ("change_patient", str(ada.id))
    assert (users["detail"], users["patient_id"]) == ("list_users", None)


def test_invalid_filters_are_named_with_their_rules(admin: Api) -> None:
    response = admin.get("audit/?action=seen&since=yesterday&limit=0&who=me")
    assert kind(response) == "invalid"
    assert errors(response) == {("action", "choice"), ("since", "invalid"), ("limit", "range"), ("who", "unknown")}
    assert errors(admin.get("audit/?cursor=abc")) == {("cursor", "invalid")}
    assert admin.get(f"audit/?patient_id={uuid4()}").json()["results"] == []


def test_a_token_that_is_refused_is_recorded(admin: Api) -> None:
    Api("wrong").get("patients/")
    Api().get("patients/")
    (entry,) = admin.get("audit/?action=token_refused").json()["results"]
    assert (entry["actor"], entry["address"]) == ("anonymous", "127.0.0.1")


def test_a_patient_named_by_an_error_is_recorded(admin: Api, clerk: Api, ada: Patient) -> None:
    assert kind(clerk.post("patients/", details())) == "email-taken"
    assert kind(clerk.post("patients/", details(email=None))) == "possible-duplicate"
    entries = admin.get(f"audit/?patient_id={ada.id}&action=patients_matched").json()["results"]
    assert [(one["actor_name"], one["detail"]) for one in entries] == [("clerk@clinic.example", "register_patient")] * 2


def test_a_command_verifies_the_audit_and_saves_a_checkpoint(admin: Api, ada: Patient, tmp_path: Path) -> None:
    admin.get(f"patients/{ada.id}/")
    saved, out = tmp_path / "checkpoint.json", StringIO()
    call_command("verify_audit", save=saved, stdout=out)
    admin.get(f"patients/{ada.id}/")
    call_command("verify_audit", since=saved, stdout=out)
    assert out.getvalue().count("The audit is as it was written") == 2
    with unprotected("default"):
        AccessEntry.objects.filter(number=1).update(actor="user:2")
        AccessEntry.objects.filter(number__gte=2).delete()
    with pytest.raises(CommandError, match="2 faults"):
        call_command("verify_audit", since=saved, stdout=out)
    assert "access log, entry 1: changed or inserted" in out.getvalue()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"at": 1}', "[" * 5000])
def test_a_broken_checkpoint_is_refused(admin: Api, tmp_path: Path, content: str) -> None:
    broken = tmp_path / "checkpoint.json"
    broken.write_text(content)
    with pytest.raises(CommandError, match="not a file that --save wrote"):
        call_command("verify_audit", since=broken)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_audit", since=tmp_path / "missing.json")


def test_pages_of_the_admin_are_recorded(admin: Api, boss: Client, ada: Patient) -> None:
    boss.get("/admin/patients/patient/")
    boss.get(f"/admin/patients/patient/{ada.id}/change/")
    boss.get("/admin/patients/patientevent/")
    events, record, page = admin.get("audit/?limit=3").json()["results"]
    assert (page["action"], page["count"], page["detail"]) == ("page_viewed", 1, "patients.patient")
    assert (record["action"], record["patient_id"]) == ("patient_viewed", str(ada.id))
    assert (events["action"], events["detail"]) == ("page_viewed", "patients.patientevent")
    assert {entry["address"] for entry in (page, record, events)} == {ADDRESS}


def test_a_session_of_the_admin_is_recorded_from_its_beginning_to_its_end(admin: Api, boss: Client) -> None:
    boss.post("/admin/logout/")
    out, signed_in = (entry for entry in admin.get("audit/").json()["results"] if entry["address"] == ADDRESS)
    assert (out["action"], signed_in["action"]) == ("signed_out", "signed_in")
    assert out["actor_name"] == signed_in["actor_name"] == "admin@clinic.example"


def test_patients_named_before_an_admin_action_are_recorded(admin: Api, boss: Client, ada: Patient) -> None:
    boss.post("/admin/patients/patient/", {"action": "archive", "_selected_action": str(ada.id)})
    (entry,) = admin.get(f"audit/?patient_id={ada.id}").json()["results"]
    assert (entry["action"], entry["address"]) == ("patient_viewed", ADDRESS)


def test_users_without_permission_cannot_sign_in_to_the_admin(admin: Api, signed_in: Callable[[Role], Api]) -> None:
    signed_in(Role.AUTHOR)
    Client(REMOTE_ADDR=ADDRESS).post("/admin/login/", {"username": "author@clinic.example", "password": PASSWORD})
    assert [entry for entry in admin.get("audit/").json()["results"] if entry["address"] == ADDRESS] == []


def test_a_page_of_the_admin_that_is_refused_is_recorded(admin: Api, signed_in: Callable[[Role], Api]) -> None:
    signed_in(Role.READER)
    browser = Client()
    browser.post("/admin/login/", {"username": "reader@clinic.example", "password": PASSWORD})
    assert browser.get("/admin/posts/post/").status_code == 403
    (entry,) = admin.get("audit/?action=refused").json()["results"]
    assert (entry["actor_name"], entry["detail"]) == ("reader@clinic.example", "posts_post_changelist")
