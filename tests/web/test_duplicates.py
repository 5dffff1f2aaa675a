import re
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse

from bootstrap import Container
from core.matching.entities import DuplicatePair, PairState
from core.patients.entities import Patient
from tests.http_api.conftest import SETUP, pair_id
from tests.web.forms import filled_in
from tests.web.test_patient import text

__all__ = ["pair_id"]
pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "/console/duplicates/"


def path(pair_id: UUID) -> str:
    return reverse("console:pair", args=[pair_id])


def read(browser: Client, page: str) -> str:
    answer = browser.get(page)
    assert answer.status_code == 200
    return answer.content.decode()


def form_of(browser: Client, pair_id: UUID, decision: str, **given: str) -> dict[str, str]:
    return filled_in(read(browser, path(pair_id)), "decide") | {"decision": decision} | given


def pairs(registry: Container, state: str = "open") -> tuple[DuplicatePair, ...]:
    return registry.list_duplicates()(actor=SETUP, state=state, limit=100).pairs


def state(registry: Container, pair_id: UUID) -> PairState:
    return registry.view_duplicate()(actor=SETUP, pair_id=pair_id).pair.state


def test_the_queue_names_the_patients_and_their_similarities(clerk: Client, pair_id: UUID) -> None:
    page = read(clerk, QUEUE)
    assert f'href="{path(pair_id)}" data-key="r"' in page
    for part in ("Ada Byron 10 Dec 1985", "over 99 %", "Same date of birth", "same first name", "different email"):
        assert part in text(page), part


def test_an_empty_queue_explains_where_pairs_come_from(clerk: Client) -> None:
    assert "Nothing to decide. Pairs come here when patients are registered" in text(read(clerk, QUEUE))
    assert "No pairs here." in text(read(clerk, f"{QUEUE}?state=different"))


def test_the_queue_is_filtered_by_decision_and_likelihood(
    clerk: Client, registry: Container, pair_id: UUID, register: Callable[..., Patient]
) -> None:
    register(first_name="Eve", email=None, date_of_birth="1985-12-11", phone="+12015550123")
    unsure = [one for one in pairs(registry) if one.probability < 0.99]
    assert unsure
    assert path(unsure[0].id) in read(clerk, QUEUE)
    assert path(unsure[0].id) not in read(clerk, f"{QUEUE}?at_least=0.99")
    clerk.post(path(pair_id), form_of(clerk, pair_id, "different", reason="Twins."))
    assert path(pair_id) not in read(clerk, QUEUE)
    assert "Different persons : decided by you," in text(read(clerk, f"{QUEUE}?state=different"))
    assert "Reason: Twins." in text(read(clerk, f"{QUEUE}?state=different"))


def test_a_long_queue_has_pages(clerk: Client, registry: Container, register: Callable[..., Patient]) -> None:
    for number in range(7):
        register(email=f"ada{number}@example.org")
    first = read(clerk, QUEUE)
    [more] = re.findall(r'rel="next" href="([^"]*)"', first)
    second = read(clerk, QUEUE + more.replace("&amp;", "&"))
    shown = re.findall(r'class="pair" href="([^"]*)"', first + second)
    assert shown == [path(one.id) for one in pairs(registry)]
    assert 'rel="next"' not in second


@pytest.mark.parametrize(
    "query", ["state=x", "at_least=2", "after=x", "after=nan|6b1f7d0e-0000-7000-8000-000000000000", "after=0.5|x"]
)
def test_an_invalid_query_is_not_found(clerk: Client, query: str) -> None:
    assert clerk.get(f"{QUEUE}?{query}").status_code == 404


def test_a_pair_shows_both_records_and_marks_their_differences(
    clerk: Client, pair_id: UUID, ada: Patient, duplicate: Patient
) -> None:
    page = read(clerk, path(pair_id))
    for patient in (ada, duplicate):
        assert reverse("console:patient", args=[patient.id]) in page
    shown = text(page)
    assert "Last name Byron Byron" in shown
    assert "Email Different ada@example.org countess@example.org" in shown
    assert "Phone Only in one – +1 201-555-0123" in shown
    assert page.count('class="differs"') == 3
    assert "Other names" not in shown


def test_viewing_a_pair_is_in_the_access_log(clerk: Client, registry: Container, pair_id: UUID, ada: Patient) -> None:
    read(clerk, path(pair_id))
    newest = registry.list_accesses()(actor=SETUP, filters={"patient_id": ada.id}).entries[0]
    assert newest.action == "duplicates_viewed"
    assert newest.actor.startswith("user:")


def test_each_decision_has_a_button_with_a_key(clerk: Client, pair_id: UUID) -> None:
    buttons = re.findall(r'name="decision" value="(\w+)" data-key="(\w)"', read(clerk, path(pair_id)))
    assert buttons == [("same", "s"), ("different", "d"), ("later", "l")]


def test_enter_in_the_reason_does_not_submit(clerk: Client, pair_id: UUID) -> None:
    """Enter presses the first button of a form, and does nothing if that one is disabled."""
    page = read(clerk, path(pair_id))
    assert re.findall("<button[^>]*>", page.partition('<form id="decide"')[2])[0] == "<button disabled hidden>"


def test_a_decision_leads_to_the_next_pair(
    clerk: Client, registry: Container, pair_id: UUID, register: Callable[..., Patient]
) -> None:
    register(email=None)
    first, second, third = (one.id for one in pairs(registry))
    answer = clerk.post(path(first), form_of(clerk, first, "different", reason=" Twins. "), follow=True)
    assert answer.redirect_chain == [(path(second), 302)]
    assert "Saved: different persons." in text(answer)
    assert clerk.post(path(second), form_of(clerk, second, "later"))["Location"] == path(third)
    assert clerk.post(path(third), form_of(clerk, third, "later"))["Location"] == QUEUE
    assert [one.id for one in pairs(registry, "later")] == [second, third]
    [different] = pairs(registry, "different")
    assert (different.id, different.reason) == (first, "Twins.")


def test_deciding_same_person_leads_to_the_merge(
    clerk: Client, registry: Container, pair_id: UUID, ada: Patient, duplicate: Patient
) -> None:
    answer = clerk.post(path(pair_id), form_of(clerk, pair_id, "same"))
    assert answer["Location"] == reverse("console:merge", args=[ada.id, duplicate.id])
    assert state(registry, pair_id) == "same"
    assert answer["Location"] in read(clerk, path(pair_id))


def test_a_decision_is_reopened_on_the_page_of_the_pair(clerk: Client, registry: Container, pair_id: UUID) -> None:
    clerk.post(path(pair_id), form_of(clerk, pair_id, "different"))
    page = read(clerk, path(pair_id))
    assert "Take the decision back" in page
    answer = clerk.post(path(pair_id), form_of(clerk, pair_id, "later"))
    assert (answer["Location"], state(registry, pair_id)) == (path(pair_id), "later")
    assert 'value="same"' in read(clerk, path(pair_id))


def test_a_double_click_decides_once(clerk: Client, registry: Container, pair_id: UUID) -> None:
    form = form_of(clerk, pair_id, "different")
    first, second = (clerk.post(path(pair_id), form) for _ in range(2))
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"]) == (302, QUEUE)
    other = clerk.post(path(pair_id), form | {"decision": "same"})
    assert (other.status_code, "with another choice" in text(other)) == (409, True)
    assert state(registry, pair_id) == "different"


def test_a_decision_made_by_another_clerk_is_shown(clerk: Client, registry: Container, pair_id: UUID) -> None:
    form = form_of(clerk, pair_id, "same")
    registry.decide_duplicate()(actor=SETUP, pair_id=pair_id, decision="different", reason="Cousins.")
    answer = clerk.post(path(pair_id), form)
    assert answer.status_code == 409
    assert "This pair is decided already." in text(answer)
    assert "Different persons : decided by tests" in text(answer)
    assert "Reason: Cousins." in text(answer)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"reason": "x" * 501}, "reason: Must be at most 500 characters."),
        ({"decision": "x"}, "decision: Must be one of: same"),
        ({"key": ""}, "Must be 1 to 255 visible ASCII characters"),
    ],
)
def test_an_invalid_decision_is_refused_and_the_reason_kept(
    clerk: Client, registry: Container, pair_id: UUID, given: dict[str, str], message: str
) -> None:
    form = form_of(clerk, pair_id, "different", reason="Twins.") | given
    answer = clerk.post(path(pair_id), form)
    assert (answer.status_code, message in text(answer)) == (400, True)
    assert filled_in(answer.content.decode(), "decide")["reason"] == form["reason"]
    assert state(registry, pair_id) == "open"


def test_a_merged_pair_leads_to_its_merge(
    clerk: Client, registry: Container, pair_id: UUID, ada: Patient, duplicate: Patient
) -> None:
    form = form_of(clerk, pair_id, "different")
    registry.merge_patients()(actor=SETUP, patient_id=ada.id, other_id=duplicate.id)
    answer = clerk.post(path(pair_id), form)
    assert (answer.status_code, "The two records are merged. Undo the merge first." in text(answer)) == (409, True)
    assert reverse("console:merges", args=[ada.id]) in answer.content.decode()
    assert 'id="decide"' not in read(clerk, path(pair_id))


def test_a_pair_that_left_the_queue_is_not_found(clerk: Client) -> None:
    answer = clerk.get(path(uuid4()))
    assert (answer.status_code, "There is no pair" in text(answer)) == (404, True)
