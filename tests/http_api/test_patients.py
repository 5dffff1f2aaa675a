from collections.abc import Callable
from typing import Any

import pytest

from core.patients.entities import Patient
from tests.http_api.client import Api
from tests.http_api.problems import errors, kind

pytestmark = pytest.mark.django_db(transaction=True)

ADA = {
    "first_name": " Ada ",
    "last_name": "O'Brien",
    "email": "Ada@Example.org",
    "date_of_birth": "1985-12-10",
    "phone": "(650) 253-0000",
    "identifiers": [{"system": "mrn", "value": "12"}],
}
MEMBERS = [
    "id", "full_name", "first_name", "middle_name", "last_name", "prefix", "suffix", "other_names", "email",
    "email_shared", "phone", "other_phones", "date_of_birth", "date_of_birth_estimated", "deceased", "sex", "language",
    "addresses", "contacts", "identifiers", "external_id", "status", "age", "merged_into", "version",
    "last_synced_at", "created_at", "updated_at",
]  # fmt: skip


def test_registering_returns_the_patient_its_location_and_its_etag(clerk: Api) -> None:
    response = clerk.post("patients/", ADA)
    assert response.status_code == 201
    patient = response.json()
    assert list(patient) == MEMBERS
    assert patient["email"] == "ada@example.org"
    assert patient["phone"] == "+16502530000"
    assert patient["full_name"] == "Ada O'Brien"
    assert patient["external_id"] is None
    assert patient["created_at"].endswith("Z")
    again = clerk.get(response["Location"])
    assert again.json() == patient
    assert again["ETag"] == response["ETag"]


def test_a_taken_email_is_refused_and_the_holder_named(clerk: Api, ada: Patient) -> None:
    response = clerk.post("patients/", {**ADA, "email": str(ada.email).upper()})
    assert (response.status_code, kind(response)) == (409, "email-taken")
    assert response.json()["patient_id"] == str(ada.id)


def test_get_with_the_current_etag_returns_304(reader: Api, ada: Patient) -> None:
    tag = reader.get(f"patients/{ada.id}/")["ETag"]
    assert reader.get(f"patients/{ada.id}/", If_None_Match=tag).status_code == 304
    assert reader.get(f"patients/{ada.id}/", If_None_Match=f'"0-0", W/{tag}').status_code == 304
    assert reader.get(f"patients/{ada.id}/", If_None_Match='"1-0"').status_code == 200


def test_patch_changes_the_given_fields_and_increments_the_version(clerk: Api, ada: Patient) -> None:
    response = clerk.patch(f"patients/{ada.id}/", {"last_name": "Lovelace"})
    assert response.status_code == 200
    assert response.json()["version"] == 2
    assert response.json()["first_name"] == ada.first_name


def test_put_accepts_what_get_returned(clerk: Api, ada: Patient) -> None:
    whole = clerk.get(f"patients/{ada.id}/").json()
    unchanged = clerk.put(f"patients/{ada.id}/", whole)
    assert (unchanged.status_code, unchanged.json()) == (200, whole)
    renamed = clerk.put(f"patients/{ada.id}/", whole | {"last_name": "Lovelace"})
    assert renamed.json()["last_name"] == "Lovelace"
    late = clerk.put(f"patients/{ada.id}/", whole | {"last_name": "King"})
    assert (late.status_code, kind(late)) == (412, "version-mismatch")
    assert errors(clerk.put(f"patients/{ada.id}/", whole | {"version": None})) == {("version", "type")}


def test_put_requires_the_required_fields(clerk: Api, ada: Patient) -> None:
    assert errors(clerk.put(f"patients/{ada.id}/", {"first_name": "Ada"})) == {
        ("last_name", "required"),
        ("email", "required"),
        ("date_of_birth", "required"),
    }


def test_patch_refuses_read_only_fields(clerk: Api, ada: Patient) -> None:
    response = clerk.patch(f"patients/{ada.id}/", {"version": 1, "id": str(ada.id), "last_name": "King"})
    assert errors(response) == {("version", "read_only"), ("id", "read_only")}


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_if_match_compares_the_version(admin: Api, ada: Patient, method: str) -> None:
    tag = admin.get(f"patients/{ada.id}/")["ETag"]
    admin.patch(f"patients/{ada.id}/", {"last_name": "King"})
    body: Any = {"last_name": "Late"} if method == "PATCH" else None
    for stale in (tag, '"other"', f"W/{tag}"):
        response = admin.call(method, f"patients/{ada.id}/", body, {"If-Match": stale})
        assert (response.status_code, kind(response)) == (412, "version-mismatch")
    current = admin.get(f"patients/{ada.id}/")
    assert current.json()["last_name"] == "King"
    assert admin.call(method, f"patients/{ada.id}/", body, {"If-Match": current["ETag"]}).status_code in {200, 204}


def test_an_invalid_if_match_is_refused(clerk: Api, ada: Patient) -> None:
    response = clerk.patch(f"patients/{ada.id}/", {"last_name": "King"}, If_Match="3")
    assert errors(response) == {("If-Match", "invalid")}


def test_an_archived_patient_accepts_only_a_change_of_status(clerk: Api, ada: Patient) -> None:
    url = f"patients/{ada.id}/"
    refused = clerk.patch(url, {"status": "archived"})
    assert (refused.status_code, kind(refused)) == (409, "status-move-refused")
    for status in ("inactive", "archived"):
        assert clerk.patch(url, {"status": status}).json()["status"] == status
    refused = clerk.patch(url, {"last_name": "King"})
    assert (refused.status_code, kind(refused)) == (409, "patient-archived")
    assert clerk.patch(url, {"status": "inactive"}).status_code == 200


def test_erasing_is_permanent_and_frees_the_email(admin: Api, ada: Patient, register: Callable[..., Patient]) -> None:
    assert admin.delete(f"patients/{ada.id}/").status_code == 204
    gone = admin.get(f"patients/{ada.id}/")
    assert (gone.status_code, kind(gone)) == (404, "patient-not-found")
    assert register(email=ada.email).id != ada.id


def test_the_history_lists_actors_and_changes_and_loses_its_values_on_erasure(admin: Api, ada: Patient) -> None:
    me = admin.get("users/me/").json()["id"]
    admin.patch(f"patients/{ada.id}/", {"last_name": "King"}, X_Request_ID="rename-1")
    page = admin.get(f"patients/{ada.id}/history/?limit=1").json()
    (renamed,) = page["results"]
    assert (renamed["action"], renamed["actor"], renamed["request_id"]) == ("updated", f"user:{me}", "rename-1")
    assert renamed["changes"] == {"last_name": {"before": ada.last_name, "after": "King"}}
    (registered,) = admin.get(page["next"]).json()["results"]
    assert registered["action"] == "registered"
    admin.delete(f"patients/{ada.id}/")
    after = admin.get(f"patients/{ada.id}/history/").json()
    assert after["next"] is None
    assert [event["action"] for event in after["results"]] == ["erased", "updated", "registered"]
    assert all(event["changes"] is None for event in after["results"])
    assert after["results"][1]["digest"] == renamed["digest"]


def test_every_path_works_without_its_final_slash(clerk: Api, ada: Patient) -> None:
    assert clerk.get("patients").status_code == 200
    assert clerk.get(f"patients/{ada.id}").json()["id"] == str(ada.id)
    assert clerk.post("patients", ADA | {"email": "other@example.org"}).status_code == 201
