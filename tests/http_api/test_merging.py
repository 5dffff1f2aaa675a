from uuid import UUID

import pytest

from core.patients.entities import Patient
from tests.http_api.client import Api
from tests.http_api.problems import errors, kind

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_queue_shows_both_records_and_the_explanation(clerk: Api, ada: Patient, pair_id: UUID) -> None:
    (pair,) = clerk.get("duplicates/").json()["results"]
    assert (pair["id"], pair["state"], pair["decided_by"]) == (str(pair_id), "open", None)
    assert pair["patients"][0] == clerk.get(f"patients/{ada.id}/").json()
    assert pair["patients"][1]["email"] == "countess@example.org"
    assert {line["field"] for line in pair["explanation"]} >= {"first_name", "household"}
    assert 0.5 < pair["probability"] <= 1
    assert clerk.get("duplicates/?state=different").json()["results"] == []
    assert clerk.get("duplicates/?min_probability=1").json()["results"] == []


def test_the_queue_is_read_page_by_page(clerk: Api, pair_id: UUID) -> None:
    first = clerk.get("duplicates/?limit=1").json()
    assert (len(first["results"]), first["next"]) == (1, None)
    assert errors(clerk.get("duplicates/?cursor=x&limit=0&state=new&min_probability=high")) == {
        ("cursor", "invalid"),
        ("limit", "range"),
        ("state", "choice"),
        ("min_probability", "range"),
    }


def test_a_decision_is_kept_with_its_reason(clerk: Api, pair_id: UUID) -> None:
    decided = clerk.post(f"duplicates/{pair_id}/decide/", {"decision": "different", "reason": "Twins."}).json()
    assert (decided["state"], decided["reason"]) == ("different", "Twins.")
    assert decided["decided_by"].startswith("user:")
    again = clerk.post(f"duplicates/{pair_id}/decide/", {"decision": "same"})
    assert (again.status_code, kind(again)) == (409, "pair-decided")
    assert errors(clerk.post(f"duplicates/{pair_id}/decide/", {})) >= {("decision", "required")}
    assert clerk.post(f"duplicates/{UUID(int=7)}/decide/", {"decision": "same"}).status_code == 404


def test_a_merge_is_previewed_made_and_undone(clerk: Api, ada: Patient, duplicate: Patient) -> None:
    path, body = f"patients/{ada.id}/merge/", {"other": str(duplicate.id), "version": 1, "other_version": 1}
    preview = clerk.post(f"{path}?preview=true", body).json()
    assert (preview["merge"], preview["fields"], preview["patient"]["phone"]) == (None, ["phone"], duplicate.phone)
    assert clerk.get(f"patients/{ada.id}/").json()["phone"] is None
    merged = clerk.post(path, body | {"choices": {"email": "other"}, "reason": "Registered twice."}).json()
    assert merged["patient"]["email"] == "countess@example.org"
    assert (merged["other"]["status"], merged["other"]["merged_into"]) == ("merged", str(ada.id))
    assert clerk.get(f"patients/{duplicate.id}/").json() == merged["other"]
    for patient_id in (ada.id, duplicate.id):
        assert clerk.get(f"patients/{patient_id}/merges/").json()["results"] == [merged["merge"]]
        newest = clerk.get(f"patients/{patient_id}/history/").json()["results"][0]
        assert (newest["action"], newest["reason"]) == ("merged", "Registered twice.")
    undone = clerk.post(f"merges/{merged['merge']['id']}/undo/").json()
    assert (undone["patient"]["email"], undone["other"]["status"], undone["kept"]) == (ada.email, "active", [])
    again = clerk.post(f"merges/{merged['merge']['id']}/undo/")
    assert (again.status_code, kind(again)) == (409, "merge-undone")


def test_a_write_to_a_merged_record_names_its_survivor(
    clerk: Api, ada: Patient, duplicate: Patient, merge_id: UUID
) -> None:
    refused = clerk.patch(f"patients/{duplicate.id}/", {"first_name": "Augusta"})
    assert (refused.status_code, kind(refused)) == (409, "patient-merged")
    assert refused.json()["patient_id"] == str(ada.id)
    assert [one["id"] for one in clerk.get("patients/?email=countess@example.org").json()["results"]] == [str(ada.id)]
    assert [one["id"] for one in clerk.get("patients/?status=merged").json()["results"]] == [str(duplicate.id)]


def test_an_invalid_merge_names_every_error(clerk: Api, ada: Patient, duplicate: Patient) -> None:
    path = f"patients/{ada.id}/merge/"
    faulty = {"other": "7", "version": "1", "choices": {"phone": "mine"}, "reason": 5}
    assert errors(clerk.post(f"{path}?preview=perhaps", faulty)) == {
        ("other", "invalid"),
        ("version", "type"),
        ("choices.phone", "choice"),
        ("reason", "type"),
        ("preview", "type"),
    }
    assert errors(clerk.post(path, {})) == {("other", "required")}
    assert errors(clerk.post(path, {"other": str(ada.id)})) == {("other", "same")}
    assert errors(clerk.post(path, {"other": str(duplicate.id), "choices": {"status": "other"}})) == {
        ("choices", "members")
    }
    stale = clerk.post(path, {"other": str(duplicate.id), "version": 9})
    assert (stale.status_code, kind(stale)) == (412, "version-mismatch")
    assert clerk.post(path, {"other": str(UUID(int=7))}).status_code == 404


def test_a_scan_is_a_job(clerk: Api) -> None:
    started = clerk.post("duplicate-scans/", {"full": True})
    assert (started.status_code, started.json()["state"]) == (202, "queued")
    assert started["Location"].endswith(f"/duplicate-scans/{started.json()['id']}/")
    under_way = clerk.post("duplicate-scans/", {})
    assert (under_way.status_code, kind(under_way)) == (409, "job-under-way")
    assert clerk.get("duplicate-scans/").json()["results"] == [started.json()]
    cancelled = clerk.post(f"duplicate-scans/{started.json()['id']}/cancel/").json()
    assert cancelled["state"] == "cancelled"
    assert errors(clerk.post("duplicate-scans/", {"full": "yes"})) == {("full", "type")}
