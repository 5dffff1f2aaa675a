import re
from collections.abc import Callable
from typing import cast
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from bootstrap import Container
from core.patients.entities import Patient
from tests.http_api.conftest import SETUP
from tests.web.forms import filled_in, record_form

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/console/register/"
ZOE = {"first_name": "Zoë", "last_name": "O'Connor", "date_of_birth": "1987-03-14", "sex": "female"}
ADA = {"first_name": "Ada", "last_name": "Byron", "date_of_birth": "1985-12-10", "phone": "+12015550123"}


def send(browser: Client, **given: str) -> HttpResponse:
    return cast("HttpResponse", browser.post(PAGE, record_form(key=str(uuid4())) | given))


def registered(registry: Container, answer: HttpResponse) -> Patient:
    assert answer.status_code == 302, answer.content.decode()
    return registry.patients().get(UUID(answer["Location"].split("/")[3]))


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def test_a_clerk_registers_a_patient_with_every_field(clerk: Client, registry: Container) -> None:
    rows = {
        "identifiers-0-system": "mrn", "identifiers-0-value": "0001234",
        "addresses-0-use": "home", "addresses-0-lines": "12 St James's Square\r\nFlat 3\r\n",
        "addresses-0-city": "London", "addresses-0-country": "gb",
        "other_phones-0-use": "work", "other_phones-0-value": "+44 20 7946 0987",
        "other_names-0-use": "maiden", "other_names-0-last_name": "Walsh",
        "contacts-0-relationship": "mother", "contacts-0-name": "Anne Walsh", "contacts-0-phone": "+44 20 7946 0123",
    }  # fmt: skip
    more = {
        "middle_name": "Mary", "prefix": "Dr", "suffix": "Jr.", "phone": "+44 20 7946 0555",
        "email": "zoe@mail.example", "email_shared": "on",
        "date_of_birth": "1987-03", "date_of_birth_estimated": "on", "language": "en-gb",
        "external_id": "EHR-1", "died_on": "2020",
    }  # fmt: skip
    record = registered(registry, send(clerk, **ZOE | more | rows)).to_json()
    for name, value in {
        "first_name": "Zoë", "middle_name": "Mary", "last_name": "O'Connor", "prefix": "Dr", "suffix": "Jr.",
        "sex": "female", "phone": "+442079460555", "email": "zoe@mail.example", "email_shared": True,
        "date_of_birth": "1987-03",
        "date_of_birth_estimated": True, "deceased": "2020", "language": "en-GB", "external_id": "EHR-1",
        "identifiers": [{"system": "mrn", "value": "0001234"}],
        "other_phones": [{"use": "work", "value": "+442079460987"}],
        "other_names": [{"use": "maiden", "first_name": None, "last_name": "Walsh"}],
    }.items():  # fmt: skip
        assert record[name] == value, name
    [address] = cast("list[dict[str, object]]", record["addresses"])
    assert (address["lines"], address["city"], address["country"]) == (
        ["12 St James's Square", "Flat 3"],
        "London",
        "GB",
    )
    [contact] = cast("list[dict[str, object]]", record["contacts"])
    assert (contact["name"], contact["phone"], contact["email"]) == ("Anne Walsh", "+442079460123", None)


def test_one_name_is_enough(clerk: Client, registry: Container) -> None:
    patient = registered(registry, send(clerk, first_name="Suharto"))
    assert (patient.full_name, patient.last_name, patient.date_of_birth, patient.deceased) == (
        "Suharto",
        None,
        None,
        False,
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"first_name": "", "last_name": ""}, "A first or a last name is required."),
        ({"date_of_birth": "14.3.1987"}, "Must be a date in the form YYYY-MM-DD"),
        ({"phone": "12"}, "Must be a valid phone number"),
        ({"email": "zoe"}, "Must be a valid email address"),
        ({"sex": "none"}, "Must be one of: male"),
        ({"died_on": "soon"}, "Must be true, false, or a date"),
        ({"identifiers-0-value": "1"}, "This field is required."),
        ({"identifiers-0-system": "a b", "identifiers-0-value": "1"}, "Must not contain spaces"),
        ({"addresses-0-city": "x" * 101}, "Must be at most 100 characters."),
        ({"addresses-0-lines": "1\n2\n3\n4\n5"}, "Must have at most 4 items."),
        ({"contacts-0-phone": "+442079460123"}, "This field is required."),
        ({"last_name": "a\x00b"}, "Null characters are not allowed."),
        ({"override_reason": "x" * 501}, "Must be at most 500 characters."),
        ({"key": "a b"}, "Must be 1 to 255 visible ASCII characters"),
        ({"identifiers-TOTAL_FORMS": "x"}, "ManagementForm data is missing"),
    ],
)  # fmt: skip
def test_errors_are_shown_at_their_fields_and_the_input_is_kept(
    clerk: Client, registry: Container, given: dict[str, str], message: str
) -> None:
    answer = send(clerk, **ZOE | given)
    assert answer.status_code == 400
    assert message in text(answer)
    kept = filled_in(text(answer))
    for name, value in (ZOE | given).items():
        if name not in {"sex", "key", "override_reason", "identifiers-TOTAL_FORMS"}:
            assert kept[name] == value.replace("\x00", "\x00"), name
    assert registry.search_patients()(actor=SETUP).patients == ()


def test_an_error_of_the_second_item_is_shown_at_its_row(clerk: Client) -> None:
    rows = {"identifiers-TOTAL_FORMS": "3", "identifiers-0-system": "mrn", "identifiers-1-system": "a b"}
    page = text(send(clerk, **ZOE, **rows, **{"identifiers-1-value": "1"}))
    [wrong] = re.findall('field wrong">.*?name="([^"]*)"', page, re.DOTALL)
    assert wrong == "identifiers-1-system"


def test_adding_a_row_keeps_the_input(clerk: Client) -> None:
    answer = send(clerk, **ZOE, more="identifiers", **{"identifiers-0-value": "7"})
    kept = filled_in(text(answer))
    assert (answer.status_code, kept["identifiers-0-value"], kept["identifiers-1-value"]) == (200, "7", "")
    assert kept["last_name"] == "O'Connor"


def test_enter_submits_the_form(clerk: Client) -> None:
    page = clerk.get(PAGE).content.decode()
    [form] = re.findall('<form id="record".*?</form>', page, re.DOTALL)
    first = re.findall("<button[^>]*>", form)[0]  # the one that Enter presses
    assert "name=" not in first


def test_lists_have_a_maximum_length(clerk: Client) -> None:
    answer = send(clerk, **ZOE, more="identifiers", **{"identifiers-TOTAL_FORMS": "999"})
    assert answer.status_code == 200
    assert len(re.findall(r'name="identifiers-\d+-value"', text(answer))) == 20


def test_a_form_sent_twice_registers_one_patient(clerk: Client, registry: Container) -> None:
    form = filled_in(clerk.get(PAGE).content.decode()) | ZOE
    first, second = (clerk.post(PAGE, form) for _ in range(2))
    assert first["Location"] == second["Location"]
    changed = clerk.post(PAGE, form | {"last_name": "Murphy"})
    assert "This form has registered a patient before" in changed.content.decode()
    assert filled_in(changed.content.decode())["key"] != form["key"]
    assert len(registry.search_patients()(actor=SETUP).patients) == 1


def test_possible_duplicates_are_explained_before_anything_is_saved(
    clerk: Client, registry: Container, ada: Patient
) -> None:
    form = record_form(key=str(uuid4())) | ADA | {"first_name": "Adda", "phone": ""}
    asked = clerk.post(PAGE, form)
    page = asked.content.decode()
    assert asked.status_code == 409
    for part in (
        "Is it one of these?",
        "same date of birth",
        "almost the same first name",
        f"/console/patients/{ada.id}/",
    ):
        assert part in page
    assert registry.search_patients()(actor=SETUP, q="adda").patients == ()
    again = clerk.post(PAGE, filled_in(page))
    assert registered(registry, cast("HttpResponse", again)).first_name == "Adda"


def test_a_certain_duplicate_needs_a_reason(
    clerk: Client, registry: Container, register: Callable[..., Patient]
) -> None:
    register(**ADA)
    asked = text(send(clerk, **ADA))
    assert "This person has a record" in asked
    refused = clerk.post(PAGE, filled_in(asked))
    assert (refused.status_code, "say why" in refused.content.decode()) == (409, True)
    answer = clerk.post(PAGE, filled_in(refused.content.decode()) | {"override_reason": "Twins."})
    patient = registered(registry, cast("HttpResponse", answer))
    (event,) = registry.view_history()(actor=SETUP, patient_id=patient.id).events
    assert event.values
    assert event.values.reason == "Twins."


def test_candidates_appear_while_typing_and_are_in_the_access_log(
    clerk: Client, registry: Container, ada: Patient
) -> None:
    form = record_form(key=str(uuid4())) | ADA | {"first_name": "Adda", "phone": ""}
    part = clerk.post(f"{PAGE}candidates/", form).content.decode()
    assert "same date of birth" in part
    assert "<html" not in part
    [reviewed] = re.findall('name="reviewed" value="([^"]*)"', part)
    assert reviewed == str(ada.id)
    assert clerk.post(PAGE, form | {"reviewed": reviewed}).status_code == 302
    for invalid in ({"date_of_birth": "x"}, {"last_name": "\x00"}, {"identifiers-TOTAL_FORMS": "x"}):
        answer = clerk.post(f"{PAGE}candidates/", form | invalid)
        assert (answer.status_code, "same date of birth" in answer.content.decode()) == (200, False)
    seen = [entry.action for entry in registry.list_accesses()(actor=SETUP, filters={"patient_id": ada.id}).entries]
    assert "patients_matched" in seen


def test_a_value_of_another_patient_links_to_that_patient(clerk: Client, registry: Container, ada: Patient) -> None:
    answer = send(clerk, **ZOE, email="ada@example.org")
    assert answer.status_code == 409
    assert "Another patient already has this email." in text(answer)
    assert f'href="/console/patients/{ada.id}/"' in text(answer)
    newest = registry.list_accesses()(actor=SETUP, filters={"patient_id": ada.id}).entries[0]
    assert (newest.action, newest.detail) == ("patients_matched", "console:register")


def test_the_form_starts_with_the_searched_values(clerk: Client) -> None:
    assert "Nobody found: register" in clerk.post("/console/", {"q": "zoe"}).content.decode()
    form = filled_in(clerk.post(PAGE, {"q": "zoe O'Connor Hughes zoe@mail.example 1987-03-14 555"}).content.decode())
    assert {name: form[name] for name in ("first_name", "last_name", "email", "date_of_birth")} == {
        "first_name": "Zoe", "last_name": "O'Connor Hughes", "email": "zoe@mail.example", "date_of_birth": "1987-03-14",
    }  # fmt: skip
