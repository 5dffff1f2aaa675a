import pytest

from core.patients.entities import Patient
from tests.http_api.client import Api
from tests.http_api.problems import errors, kind

pytestmark = pytest.mark.django_db(transaction=True)

AGAIN = {"first_name": "Ada", "last_name": "Byron", "date_of_birth": "1985-12-10"}


def test_a_duplicate_is_refused_with_its_candidates_and_their_explanation(clerk: Api, ada: Patient) -> None:
    refused = clerk.post("patients/", AGAIN)
    assert (refused.status_code, kind(refused)) == (409, "possible-duplicate")
    (candidate,) = refused.json()["candidates"]
    assert candidate["patient_id"] == str(ada.id)
    assert candidate["probability"] > 0.9999
    weights = {line["field"]: line["weight"] for line in candidate["explanation"]}
    assert weights["first_name"] > 0
    assert weights["date_of_birth"] > 0
    assert "Byron" not in refused.content.decode()
    assert len(clerk.get("patients/").json()["results"]) == 1


def test_an_override_reason_registers_anyway_and_is_shown_in_the_history(clerk: Api, ada: Patient) -> None:
    registered = clerk.post("patients/", AGAIN | {"override_reason": "Her cousin."})
    assert registered.status_code == 201
    assert "override_reason" not in registered.json()
    (event,) = clerk.get(f"patients/{registered.json()['id']}/history/").json()["results"]
    assert event["reason"] == "Her cousin."
    (event,) = clerk.get(f"patients/{ada.id}/history/").json()["results"]
    assert event["reason"] == "Another person."


def test_an_override_reason_is_only_for_registrations(clerk: Api, ada: Patient) -> None:
    assert errors(clerk.post("patients/", AGAIN | {"override_reason": 5})) == {("override_reason", "type")}
    assert errors(clerk.patch(f"patients/{ada.id}/", {"override_reason": "x"})) == {("override_reason", "unknown")}


def test_match_finds_candidates_by_any_details_and_stores_nothing(clerk: Api, ada: Patient) -> None:
    found = clerk.post("patients/match/", {"first_name": "Byron", "last_name": "Ada", "date_of_birth": "1985-12-10"})
    (candidate,) = found.json()["results"]
    assert candidate["patient"] == clerk.get(f"patients/{ada.id}/").json()
    assert candidate["grade"] == "possible"
    assert {line["agreement"] for line in candidate["explanation"]} >= {"swapped"}
    assert found.json()["cut_keys"] == []
    assert len(clerk.get("patients/").json()["results"]) == 1


def test_match_accepts_a_record_as_it_was_read(clerk: Api, ada: Patient) -> None:
    whole = clerk.get(f"patients/{ada.id}/").json()
    (candidate,) = clerk.post("patients/match/", whole).json()["results"]
    assert (candidate["patient"], candidate["grade"]) == (whole, "certain")


def test_match_names_invalid_and_missing_details(clerk: Api) -> None:
    assert errors(clerk.post("patients/match/", {"shoe_size": 43, "email": "grace"})) == {
        ("shoe_size", "unknown"),
        ("email", "invalid"),
    }
    assert errors(clerk.post("patients/match/", {"first_name": "Ada"})) == {("", "required")}
    assert errors(clerk.post("patients/match/", {})) == {("", "required")}
