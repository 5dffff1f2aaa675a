from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from core.patients.entities import Patient
from tests.http_api.client import Answer, Api
from tests.http_api.problems import errors, kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(register: Callable[..., Patient]) -> list[Patient]:
    return [
        register(first_name="Nguyễn", last_name="O'Brien", email="a@example.org", phone="+16502530001"),
        register(first_name="Ærø", last_name="Smith-Jones", email="b@example.org", date_of_birth="2001-02-03"),
        register(
            first_name="Ada", last_name="Smith", email="c@example.org", external_id="EHR-3", status="inactive",
            identifiers=[{"system": "mrn", "value": "7"}],
        ),
    ]  # fmt: skip


def found(response: Answer) -> list[str]:
    return [patient["email"][0] for patient in response.json()["results"]]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, "cba"),
        ({"q": "nguyen"}, "a"),
        ({"q": "brien NGU"}, "a"),
        ({"q": "aero"}, "b"),
        ({"q": "smi"}, "cb"),
        ({"q": "jon smi"}, "b"),
        ({"q": "mith"}, ""),
        ({"status": "inactive"}, "c"),
        ({"email": "B@example.org"}, "b"),
        ({"phone": "650 253 0001"}, "a"),
        ({"date_of_birth": "2001-02-03"}, "b"),
        ({"q": "253 0001"}, "a"),
        ({"q": "mrn|7"}, "c"),
        ({"q": "2001-02-03"}, "b"),
        ({"q": "joNESaero"}, "b"),
        ({"q": "a b c d e f g h i j k"}, ""),
        ({"identifier": "mrn|7"}, "c"),
        ({"identifier": "7"}, "c"),
        ({"sex": "unknown"}, "cba"),
        ({"sex": "female"}, ""),
        ({"born_after": "2001-02-02"}, "b"),
        ({"born_before": "2001-02-03"}, "ca"),
        ({"sort": "name"}, "acb"),
        ({"sort": "-date_of_birth"}, "bac"),
        ({"external_id": "EHR-3"}, "c"),
        ({"created_after": "2020-01-01T00:00:00Z"}, "cba"),
        ({"created_before": "2020-01-01T00:00:00Z"}, ""),
        ({"updated_after": "2020-01-01T00:00:00Z"}, "cba"),
        ({"updated_after": "2999-01-01T00:00:00Z"}, ""),
        ({"q": "smi", "status": "active"}, "b"),
    ],
)
def test_a_search_by_query_and_by_body_finds_the_same(
    reader: Api, people: list[Patient], filters: dict[str, str], expected: str
) -> None:
    assert found(reader.get(f"patients/?{urlencode(filters)}")) == list(expected)
    assert found(reader.post("patients/search/", filters)) == list(expected)


def test_next_pages_through_every_result_newest_first(reader: Api, people: list[Patient]) -> None:
    first = reader.get("patients/?limit=2&q=smi&count=true")
    assert (found(first), first.json()["next"], first.json()["count"]) == (["c", "b"], None, 2)
    first = reader.get("patients/?limit=2")
    second = reader.get(first.json()["next"])
    assert (found(first), found(second), second.json()["next"]) == (["c", "b"], ["a"], None)


@pytest.mark.parametrize("path", ["patients/?limit=2&q=a%3E%2C", "patients/?limit=2", "patients/changes/?limit=2"])
def test_next_is_in_the_link_header_too_and_its_cursor_alone(reader: Api, people: list[Patient], path: str) -> None:
    answer = reader.get(path)
    page = answer.json()
    if page["next"] is None:
        assert (page["next_cursor"], "Link" in answer) == (None, False)
    else:
        assert answer["Link"] == f'<{page["next"]}>; rel="next"'
        assert reader.get(f"{path}&cursor={page['next_cursor']}").json() == reader.get(page["next"]).json()


def test_a_search_by_body_continues_at_next_without_personal_values_in_the_address(
    reader: Api, people: list[Patient]
) -> None:
    body = {"q": "smi", "limit": 1}
    first = reader.post("patients/search/", body)
    link = first.json()["next"]
    assert "smi" not in link
    second = reader.post(link, body)
    assert (found(first), found(second), second.json()["next"]) == (["c"], ["b"], None)
    cursor = first.json()["next_cursor"]
    assert reader.post("patients/search/", body | {"cursor": cursor}).json() == second.json()
    assert errors(reader.post(link, body | {"cursor": cursor})) == {("cursor", "repeated")}


def test_only_the_requested_ids_and_members_are_returned(reader: Api, people: list[Patient]) -> None:
    ids = [str(people[0].id), str(people[2].id)]
    shown = [
        {"full_name": "Ada Smith", "email": "c@example.org"},
        {"full_name": "Nguyễn O'Brien", "email": "a@example.org"},
    ]
    assert reader.get(f"patients/?ids={','.join(ids)}&fields=email,full_name").json()["results"] == shown
    assert reader.get(f"patients/?ids={',%20'.join(ids)}&fields=email,%20full_name").json()["results"] == shown
    body = {"ids": ids, "fields": ["full_name", "email"]}
    assert reader.post("patients/search/", body).json()["results"] == shown
    assert found(reader.post("patients/search/", {"ids": []})) == []


def test_a_search_sorted_by_name_continues_at_next(reader: Api, people: list[Patient]) -> None:
    first = reader.get("patients/?limit=2&sort=name")
    second = reader.get(first.json()["next"])
    assert (found(first), found(second), second.json()["next"]) == (["a", "c"], ["b"], None)


def test_a_cursor_by_name_expires_when_its_patient_is_changed(reader: Api, clerk: Api, people: list[Patient]) -> None:
    first = reader.get("patients/?limit=1&sort=name")
    body = {"limit": 1, "sort": "name"}
    clerk.patch(f"patients/{people[0].id}/", {"last_name": "Zuse"})
    for answer in (
        reader.get(first.json()["next"]),
        reader.post(f"patients/search/?cursor={first.json()['next_cursor']}", body),
    ):
        assert (answer.status_code, kind(answer)) == (410, "cursor-gone")
    newest = reader.get("patients/?limit=1").json()
    clerk.patch(f"patients/{people[2].id}/", {"last_name": "Zuse"})
    assert found(reader.get(newest["next"])) == ["b"]


def test_the_count_is_only_returned_on_request(reader: Api, people: list[Patient]) -> None:
    assert "count" not in reader.get("patients/").json()
    counted = reader.get("patients/?count=true&limit=1").json()
    assert (counted["count"], counted["count_capped"]) == (3, False)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("nonsense=1", ("nonsense", "unknown")),
        ("after=1", ("after", "unknown")),
        ("q=a&q=b", ("q", "repeated")),
        ("limit=0", ("limit", "range")),
        ("limit=201", ("limit", "range")),
        ("limit=ten", ("limit", "range")),
        ("count=yes", ("count", "type")),
        ("cursor=%%%", ("cursor", "invalid")),
        ("cursor=AAAA", ("cursor", "invalid")),
        ("q=", ("q", "blank")),
        ("q=" + "a" * 251, ("q", "too_long")),
        ("ids=7", ("ids", "invalid")),
        ("sex=f", ("sex", "choice")),
        ("born_after=1985", ("born_after", "invalid")),
        ("sort=age", ("sort", "choice")),
        ("fields=", ("fields", "choice")),
        ("fields=id,password", ("fields", "choice")),
        ("fields=id&fields=email", ("fields", "repeated")),
        ("status=gone", ("status", "choice")),
        ("email=nobody", ("email", "invalid")),
        ("phone=abc", ("phone", "invalid")),
        ("date_of_birth=2001-2-3", ("date_of_birth", "invalid")),
        ("identifier=", ("identifier", "blank")),
        ("created_after=yesterday", ("created_after", "invalid")),
        ("created_after=2020-01-01T00:00:00", ("created_after", "invalid")),
        ("updated_after=2020-01-01", ("updated_after", "invalid")),
        ("status=active&status=inactive", ("status", "repeated")),
    ],
)
def test_an_invalid_parameter_is_named(reader: Api, query: str, error: tuple[str, str]) -> None:
    assert errors(reader.get(f"patients/?{query}")) == {error}
