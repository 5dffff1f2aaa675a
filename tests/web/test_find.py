import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from bootstrap import Container
from core.patients.entities import Patient
from core.patients.fields import Item
from tests.http_api.conftest import SETUP

pytestmark = pytest.mark.django_db(transaction=True)


def find(browser: Client, q: str = "", **more: str) -> str:
    answer = browser.post("/console/", {"q": q} | more)
    assert answer.status_code == 200
    return answer.content.decode()


def links(page: str) -> list[str]:
    return re.findall(r'<a class="person" href="/console/patients/([^/"]*)/">', page)


@pytest.mark.parametrize(
    "q",
    ["byr ad", "ADA", "0001234", "mrn|0001234", "1985-12-10", "(201) 555-0123", "0123", "ada@example.org", "  ada "],
)
def test_one_box_finds_by_every_field(reader: Client, register: Callable[..., Patient], q: str) -> None:
    mrn: Item = {"system": "mrn", "value": "0001234"}
    found = register(phone="+12015550123", identifiers=[mrn], status="inactive")
    register(first_name="Eve", last_name="King", email="eve@mail.example", date_of_birth="1999-01-01")
    page = find(reader, q)
    assert links(page) == [str(found.id)]
    for shown in ("Ada Byron", "10 Dec 1985", "mrn: 0001234", "Inactive"):
        assert shown in page


def test_a_status_narrows_the_search(reader: Client, register: Callable[..., Patient]) -> None:
    active, inactive = register(), register(email="countess@example.org", status="inactive")
    assert links(find(reader, "ada")) == [str(inactive.id), str(active.id)]
    assert links(find(reader, "ada", status="inactive")) == links(find(reader, status="inactive")) == [str(inactive.id)]


def test_more_continues_after_the_last_result(reader: Client, register: Callable[..., Patient]) -> None:
    people = [
        register(email=f"ada{number}@example.org", date_of_birth=f"19{number + 20}-01-01") for number in range(21)
    ]
    first = find(reader, "ada")
    [after] = re.findall('name="after" value="([^"]*)"', first)
    assert links(first) + links(find(reader, "ada", after=after)) == [str(one.id) for one in reversed(people)]


def test_without_a_search_the_page_says_what_to_type(reader: Client, ada: Patient) -> None:
    for page in (reader.get("/console/").content.decode(), find(reader, "  ")):
        assert "Type the beginning of any name" in page
        assert links(page) == []
    assert "Try fewer letters" in find(reader, "zuse")


def test_the_page_shows_whom_the_user_opened_last(
    reader: Client, clerk: Client, register: Callable[..., Patient], registry: Container
) -> None:
    people = [register(email=f"p{number}@mail.example", first_name=f"Zoe{number}") for number in range(12)]
    assert links(reader.get("/console/").content.decode()) == []
    for patient in [*people, people[3]]:
        reader.get(f"/console/patients/{patient.id}/")
    clerk.get(f"/console/patients/{people[0].id}/")
    registry.erase_patient()(actor=SETUP, patient_id=people[11].id)
    expected = [people[3], people[10], people[9], *people[8:3:-1], people[2]]
    assert links(reader.get("/console/").content.decode()) == [str(one.id) for one in expected]
    assert links(find(reader)) == [str(one.id) for one in expected]
    assert registry.list_accesses()(actor=SETUP, filters={}).entries[0].action == "recent_viewed"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"q": "x" * 251}, "Must be at most 250 characters."),
        ({"q": "ada", "status": "gone"}, "Must be one of: active"),
        ({"q": "ada", "after": "x"}, "Start again from the first page"),
        ({"q": "\x00"}, "Nobody found"),
        ({"q": "%'\\_"}, "Nobody found"),
    ],
)
def test_bad_input_gets_a_message(reader: Client, given: dict[str, str], message: str) -> None:
    assert message in find(reader, **given)


def test_values_are_escaped(reader: Client, register: Callable[..., Patient]) -> None:
    register(first_name="<b>Ada</b>")
    page = find(reader, "ada")
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page
    assert 'value="&lt;i&gt;"' in find(reader, "<i>")


def test_found_patients_are_in_the_access_log(reader: Client, registry: Container, ada: Patient) -> None:
    find(reader, "ada")
    newest = registry.list_accesses()(actor=SETUP, filters={}).entries[0]
    assert (newest.action, newest.patient_id) == ("patients_searched", ada.id)
    assert newest.actor.startswith("user:")


def test_searches_never_appear_in_urls(reader: Client, ada: Patient) -> None:
    page = find(reader, "ada")
    assert 'method="post"' in page
    assert "ada" not in "".join(re.findall('(?:href|action|hx-post)="([^"]*)"', page))
    assert links(reader.get("/console/?q=ada").content.decode()) == []


def test_an_unknown_page_is_not_found(reader: Client) -> None:
    answer = reader.get(f"/console/nothing/{uuid4()}/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")
