from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command

from core.patients.entities import Patient
from tests.http_api.client import Api
from tests.http_api.problems import errors, kind

pytestmark = pytest.mark.django_db(transaction=True)

MEMBERS = ["patient_id", "version", "action", "at", "fields", "actor", "actor_name", "request_id"]


def test_next_pages_through_every_change_oldest_first_and_waits_for_new_ones(
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


def test_a_change_names_the_fields_and_the_request_but_no_value(clerk: Api, ada: Patient) -> None:
    me = clerk.get("users/me/").json()["id"]
    clerk.patch(f"patients/{ada.id}/", {"last_name": "King"}, X_Request_ID="rename-1")
    _, renamed = clerk.get("patients/changes/").json()["results"]
    assert list(renamed) == MEMBERS
    assert (renamed["action"], renamed["version"], renamed["fields"]) == ("updated", 2, ["last_name"])
    assert (renamed["actor"], renamed["request_id"]) == (f"user:{me}", "rename-1")
    assert renamed["at"] == clerk.get(f"patients/{ada.id}/").json()["updated_at"]


def test_a_registry_without_changes_has_a_first_cursor(reader: Api) -> None:
    page = reader.get("patients/changes/").json()
    assert page["results"] == []
    assert reader.get(page["next"]).json() == page


def test_a_cursor_beyond_the_end_returns_the_cursor_to_restart_from(reader: Api, ada: Patient) -> None:
    cursor = reader.get("patients/changes/").json()["next_cursor"]
    for position in (2, 2**63, 2**64 - 1):
        beyond = urlsafe_b64encode(urlsafe_b64decode(cursor)[:16] + position.to_bytes(8, "big")).decode()
        answer = reader.get(f"patients/changes/?cursor={beyond}")
        assert (answer.status_code, kind(answer)) == (410, "changes-restarted")
        assert reader.get(answer.json()["restart"]).json()["next_cursor"] == cursor


def test_after_a_restore_an_older_cursor_returns_the_cursor_to_restart_from(reader: Api, ada: Patient) -> None:
    before = reader.get("patients/changes/").json()
    call_command("restart_changes", stdout=StringIO())
    answer = reader.get(before["next"])
    assert (answer.status_code, kind(answer)) == (410, "changes-restarted")
    again = reader.get(answer.json()["restart"]).json()
    assert again["results"] == before["results"]
    assert reader.get(again["next"]).status_code == 200


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("limit=0", ("limit", "range")),
        ("cursor=AAAAAQ", ("cursor", "invalid")),
        ("cursor=%%%", ("cursor", "invalid")),
        ("after=1", ("after", "unknown")),
        ("limit=1&limit=2", ("limit", "repeated")),
    ],
)
def test_an_invalid_parameter_is_named(reader: Api, query: str, error: tuple[str, str]) -> None:
    assert errors(reader.get(f"patients/changes/?{query}")) == {error}
