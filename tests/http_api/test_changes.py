from collections.abc import Callable

import pytest

from core.patients.entities import Patient
from tests.http_api.client import Api
from tests.http_api.problems import faults

pytestmark = pytest.mark.django_db(transaction=True)

MEMBERS = ["patient_id", "version", "action", "at", "fields", "actor", "request_id"]


def test_next_leads_through_every_change_oldest_first_and_on_to_those_to_come(
    admin: Api, register: Callable[..., Patient]
) -> None:
    ada, eve = register(), register(email="eve@example.org")
    first = admin.get("patients/changes/?limit=1").json()
    second = admin.get(first["next"]).json()
    assert [change["patient_id"] for page in (first, second) for change in page["results"]] == [
        str(ada.id),
        str(eve.id),
    ]
    empty = admin.get(second["next"]).json()
    assert (empty["results"], admin.get(empty["next"]).json()) == ([], empty)
    admin.delete(f"patients/{ada.id}/")
    (erased,) = admin.get(empty["next"]).json()["results"]
    assert (erased["patient_id"], erased["version"], erased["action"]) == (str(ada.id), 2, "erased")


def test_a_change_names_what_was_changed_and_by_which_request_and_tells_no_value(clerk: Api, ada: Patient) -> None:
    me = clerk.get("users/me/").json()["id"]
    clerk.patch(f"patients/{ada.id}/", {"last_name": "King"}, X_Request_ID="rename-1")
    _, renamed = clerk.get("patients/changes/").json()["results"]
    assert list(renamed) == MEMBERS
    assert (renamed["action"], renamed["version"], renamed["fields"]) == ("updated", 2, ["last_name"])
    assert (renamed["actor"], renamed["request_id"]) == (f"user:{me}", "rename-1")
    assert renamed["at"] == clerk.get(f"patients/{ada.id}/").json()["updated_at"]


def test_a_registry_without_changes_has_a_place_to_begin(reader: Api) -> None:
    page = reader.get("patients/changes/").json()
    assert page["results"] == []
    assert reader.get(page["next"]).json() == page


def test_a_place_that_no_change_has_yet_is_empty(reader: Api, ada: Patient) -> None:
    assert reader.get("patients/changes/?cursor=__________8").json()["results"] == []


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("limit=0", ("limit", "range")),
        ("cursor=AAAAAQ", ("cursor", "invalid")),
        ("cursor=%%%", ("cursor", "invalid")),
        ("after=1", ("after", "unknown")),
        ("limit=1&limit=2", ("limit", "repeated")),
    ],
)
def test_names_the_parameter_that_is_wrong(reader: Api, query: str, fault: tuple[str, str]) -> None:
    assert faults(reader.get(f"patients/changes/?{query}")) == {fault}
