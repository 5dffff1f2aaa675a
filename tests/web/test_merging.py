import re
from collections.abc import Callable
from typing import cast
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from bootstrap import Container
from core.matching.entities import Merge
from core.patients.entities import Patient
from core.patients.fields import Changes
from core.patients.values import Status
from tests.http_api.conftest import SETUP, merge_id
from tests.web.forms import filled_in
from tests.web.test_patient import text

__all__ = ["merge_id"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(ada: Patient, duplicate: Patient) -> str:
    return reverse("console:merge", args=[ada.id, duplicate.id])


def of(patient: Patient, name: str = "patient") -> str:
    return reverse(f"console:{name}", args=[patient.id])


def choices(browser: Client, page: str, **given: str) -> dict[str, str]:
    """What the page of choices sends."""
    answer = browser.get(page)
    assert answer.status_code == 200
    return filled_in(answer.content.decode(), "merge") | {"step": "preview"} | given


def confirmation(browser: Client, page: str, **given: str) -> dict[str, str]:
    """What the preview sends."""
    answer = browser.post(page, choices(browser, page, **given))
    assert answer.status_code == 200, text(answer)
    return filled_in(answer.content.decode(), "merge") | {"step": "merge"}


def merges(registry: Container, patient: Patient) -> tuple[Merge, ...]:
    return registry.list_merges()(actor=SETUP, patient_id=patient.id).items


def change(registry: Container, patient: Patient, **changes: object) -> Patient:
    return registry.update_patient()(actor=SETUP, patient_id=patient.id, **cast("Changes", changes))


def stored(registry: Container, patient: Patient) -> Patient:
    return registry.patients().get(patient.id)


def test_each_field_that_differs_has_a_choice(clerk: Client, registry: Container, ada: Patient, page: str) -> None:
    change(registry, ada, identifiers=[{"system": "mrn", "value": "1"}])
    sent = choices(clerk, page)
    assert {name: value for name, value in sent.items() if name.startswith("choice-")} == {
        "choice-email": "survivor", "choice-phone": "other", "choice-identifiers": "both",
    }  # fmt: skip
    html = clerk.get(page).content.decode()
    assert "Email Different ada@example.org countess@example.org" in text(html)
    assert 'aria-label="Email of the other record"' in html


def test_the_preview_shows_the_survivor_and_stores_nothing(
    clerk: Client, registry: Container, ada: Patient, duplicate: Patient, page: str
) -> None:
    answer = clerk.post(page, choices(clerk, page, **{"choice-email": "other"}))
    for part in ("Nothing is merged yet.", "Email Changes countess@example.org", "Phone Changes +1 201-555-0123"):
        assert part in text(answer), part
    assert "Last name Byron" in text(answer)
    assert (stored(registry, ada), stored(registry, duplicate)) == (ada, duplicate)


def test_going_back_from_the_preview_keeps_the_choices(clerk: Client, page: str) -> None:
    sent = confirmation(clerk, page, **{"choice-email": "other"}, reason="Registered twice.") | {"step": "choose"}
    answer = clerk.post(page, sent)
    kept = filled_in(answer.content.decode(), "merge")
    assert (answer.status_code, kept["choice-email"], kept["reason"]) == (200, "other", "Registered twice.")
    assert "Changed in the meantime" not in text(answer)


def test_the_merge_matches_the_preview(
    clerk: Client, registry: Container, ada: Patient, duplicate: Patient, page: str
) -> None:
    sent = confirmation(clerk, page, **{"choice-email": "other", "choice-phone": "survivor"}, reason="Twice.")
    answer = clerk.post(page, sent, follow=True)
    assert answer.redirect_chain == [(of(ada), 302)]
    assert "The two records are merged." in text(answer)
    survivor = stored(registry, ada)
    assert (survivor.email, survivor.phone) == ("countess@example.org", None)
    other = stored(registry, duplicate)
    assert (other.status, other.merged_into) == (Status.MERGED, ada.id)
    assert "Reason: Twice." in text(clerk.get(of(ada, "history")))


def test_either_record_can_survive(
    clerk: Client, registry: Container, ada: Patient, duplicate: Patient, page: str
) -> None:
    swapped = reverse("console:merge", args=[duplicate.id, ada.id])
    assert f'href="{swapped}"' in clerk.get(page).content.decode()
    assert clerk.post(swapped, confirmation(clerk, swapped))["Location"] == of(duplicate)
    assert stored(registry, ada).merged_into == duplicate.id


def test_a_double_click_merges_once(clerk: Client, registry: Container, ada: Patient, page: str) -> None:
    sent = confirmation(clerk, page)
    first, second = (clerk.post(page, sent) for _ in range(2))
    assert (first.status_code, second.status_code, second["Location"]) == (302, 302, of(ada))
    assert len(merges(registry, ada)) == 1
    changed = clerk.post(page, sent | {"choice-email": "other"})
    assert (changed.status_code, "merged the two records before" in text(changed)) == (409, True)


@pytest.mark.parametrize("step", ["preview", "merge"])
def test_a_change_in_the_meantime_is_shown_and_the_choices_are_kept(
    clerk: Client, registry: Container, ada: Patient, duplicate: Patient, page: str, step: str
) -> None:
    sent = confirmation(clerk, page, **{"choice-email": "other"}, reason="Twice.") | {"step": step}
    change(registry, duplicate, last_name="King", sex="female")
    change(registry, duplicate, last_name="Noel")
    answer = clerk.post(page, sent)
    assert answer.status_code == 409
    shown = text(answer)
    assert "Nothing is merged, and your choices are kept" in shown
    assert "Changed in the meantime: Ada Noel" in shown
    assert "Last name Byron Noel" in shown
    assert "Sex Unknown Female" in shown
    again = filled_in(answer.content.decode(), "merge") | {"step": "merge", "key": sent["key"]}
    assert (again["choice-email"], again["reason"], again["other_version"]) == ("other", "Twice.", "3")
    assert again["choice-last_name"] == "survivor"
    assert clerk.post(page, again)["Location"] == of(ada)
    assert stored(registry, ada).email == "countess@example.org"


def test_a_form_without_versions_merges_nothing(clerk: Client, registry: Container, ada: Patient, page: str) -> None:
    sent = {name: value for name, value in confirmation(clerk, page).items() if "version" not in name}
    assert clerk.post(page, sent).status_code == 409
    assert merges(registry, ada) == ()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"choice-email": "x"}, "Email: Must be one of: survivor, other"),
        ({"reason": "x" * 501}, "reason: Must be at most 500 characters."),
    ],
)
def test_an_invalid_choice_is_refused(
    clerk: Client, registry: Container, ada: Patient, page: str, given: dict[str, str], message: str
) -> None:
    answer = clerk.post(page, choices(clerk, page) | given)
    assert (answer.status_code, message in text(answer)) == (400, True)
    assert merges(registry, ada) == ()


def test_lists_that_are_too_long_together_need_a_choice(
    clerk: Client, registry: Container, ada: Patient, duplicate: Patient, page: str
) -> None:
    for patient, code in ((ada, "a"), (duplicate, "b")):
        change(registry, patient, identifiers=[{"system": "x", "value": f"{code}{at}"} for at in range(15)])
    answer = clerk.post(page, choices(clerk, page))
    assert (answer.status_code, "Identifiers: Must be chosen: together they have more than" in text(answer)) == (
        400,
        True,
    )
    sent = confirmation(clerk, page, **{"choice-identifiers": "other"})
    assert clerk.post(page, sent).status_code == 302
    assert {one.value[0] for one in stored(registry, ada).identifiers} == {"b"}


def test_different_persons_are_not_merged(
    clerk: Client, registry: Container, ada: Patient, duplicate: Patient, page: str
) -> None:
    (pair,) = registry.list_duplicates()(actor=SETUP).pairs
    registry.decide_duplicate()(actor=SETUP, pair_id=pair.id, decision="different")
    answer = clerk.post(page, choices(clerk, page))
    assert (answer.status_code, "were decided to be of different persons" in text(answer)) == (409, True)


def test_a_merged_record_is_not_merged_again(clerk: Client, registry: Container, ada: Patient, page: str) -> None:
    sent = choices(clerk, page)
    clerk.post(page, confirmation(clerk, page))
    for answer, status in ((clerk.get(page), 200), (clerk.post(page, sent), 409)):
        assert answer.status_code == status
        assert "A record that is merged already cannot be merged again." in text(answer)
        assert of(ada, "merges") in answer.content.decode()


def test_a_record_is_not_merged_with_itself(clerk: Client, ada: Patient) -> None:
    assert clerk.get(reverse("console:merge", args=[ada.id, ada.id])).status_code == 404
    assert clerk.get(reverse("console:merge", args=[ada.id, uuid4()])).status_code == 404


def undo_form(browser: Client, patient: Patient) -> tuple[str, dict[str, str]]:
    """The address and the fields of the first undo form on the page of merges."""
    html = browser.get(of(patient, "merges")).content.decode()
    return re.findall(r'action="([^"]*/undo/)"', html)[0], {"key": re.findall(r'name="key" value="([^"]*)"', html)[0]}


@pytest.mark.usefixtures("merge_id")
def test_both_records_list_their_merge(clerk: Client, reader: Client, ada: Patient, duplicate: Patient) -> None:
    assert of(duplicate, "merges") in clerk.get(of(duplicate)).content.decode()
    assert "Became part of this record: Ada Byron Merged by tests" in text(clerk.get(of(ada, "merges")))
    assert "This record became part of: Ada Byron Merged by tests" in text(clerk.get(of(duplicate, "merges")))
    seen = reader.get(of(ada, "merges"))
    assert (seen.status_code, "Undo this merge" in text(seen)) == (200, False)


def test_a_record_without_merges_says_so(clerk: Client, ada: Patient) -> None:
    assert "This record took part in no merge." in text(clerk.get(of(ada, "merges")))
    assert clerk.get(of(ada, "merges") + "?after=x").status_code == 404


@pytest.mark.usefixtures("merge_id")
@pytest.mark.parametrize("from_merged", [True, False])
def test_a_merge_is_undone_from_either_record(
    clerk: Client, registry: Container, ada: Patient, duplicate: Patient, *, from_merged: bool
) -> None:
    change(registry, ada, phone="+442079460555")
    address, form = undo_form(clerk, duplicate if from_merged else ada)
    answer = clerk.post(address, form, follow=True)
    assert answer.redirect_chain == [(of(ada), 302)]
    assert "The merge is undone: the two records are separate again." in text(answer)
    assert "so kept as it is: Phone." in text(answer)
    assert stored(registry, duplicate).status is Status.ACTIVE
    assert "Undone By you" in text(clerk.get(of(ada, "merges")))
    assert "Undo this merge" not in text(clerk.get(of(ada, "merges")))


@pytest.mark.usefixtures("merge_id")
def test_an_undo_sent_twice_is_done_once(clerk: Client, registry: Container, ada: Patient) -> None:
    address, form = undo_form(clerk, ada)
    assert [clerk.post(address, form).status_code for _ in range(2)] == [302, 302]
    late = clerk.post(address, {"key": str(uuid4())})
    assert (late.status_code, "This merge is undone already." in text(late)) == (409, True)
    assert len(merges(registry, ada)) == 1


@pytest.mark.usefixtures("merge_id")
def test_an_undo_that_another_patient_prevents_names_that_patient(
    clerk: Client, registry: Container, ada: Patient, duplicate: Patient, register: Callable[..., Patient]
) -> None:
    registry.undo_merge()(actor=SETUP, merge_id=merges(registry, ada)[0].id)
    registry.merge_patients()(actor=SETUP, patient_id=ada.id, other_id=duplicate.id, choices={"email": "other"})
    eve = register(first_name="Eve", last_name="King", date_of_birth="1999-01-01", email="ada@example.org")
    address, form = undo_form(clerk, ada)
    answer = clerk.post(address, form)
    assert (answer.status_code, "Another patient already has this email." in text(answer)) == (409, True)
    assert f'href="{of(eve)}"' in answer.content.decode()


def test_decisions_merges_and_undos_need_the_token_of_the_form(
    clerk: Client, registry: Container, ada: Patient, duplicate: Patient, page: str
) -> None:
    (pair,) = registry.list_duplicates()(actor=SETUP).pairs
    merge = registry.merge_patients()(actor=SETUP, patient_id=ada.id, other_id=duplicate.id).merge
    assert merge
    clerk.handler.enforce_csrf_checks = True
    undo = reverse("console:undo", args=[ada.id, merge.id])
    for url in (reverse("console:pair", args=[pair.id]), page, undo):
        answer = clerk.post(url, {"key": "key", "decision": "later", "step": "merge"})
        assert answer.status_code == 403, url
    assert merges(registry, ada) == (merge,)


def test_many_merges_have_pages(clerk: Client, registry: Container, ada: Patient, duplicate: Patient) -> None:
    for _ in range(11):
        merged = registry.merge_patients()(actor=SETUP, patient_id=ada.id, other_id=duplicate.id).merge
        assert merged
        registry.undo_merge()(actor=SETUP, merge_id=merged.id)
    first = clerk.get(of(ada, "merges")).content.decode()
    [more] = re.findall(r'rel="next" href="([^"]*)"', first)
    second = clerk.get(of(ada, "merges") + more).content.decode()
    assert (first.count("Became part of"), second.count("Became part of")) == (10, 1)


def test_no_page_about_two_records_names_them_in_titles_or_urls(
    clerk: Client, registry: Container, ada: Patient, page: str
) -> None:
    (pair,) = registry.list_duplicates()(actor=SETUP).pairs
    preview = cast("HttpResponse", clerk.post(page, choices(clerk, page)))
    for url in ("/console/duplicates/", reverse("console:pair", args=[pair.id]), page, of(ada, "merges"), preview):
        answer = url if isinstance(url, HttpResponse) else clerk.get(url)
        html = answer.content.decode()
        assert answer["Cache-Control"] == "no-store"
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=\"/static/)|\son[a-z]+=", html)
        [title] = re.findall("<title>(.*?)</title>", html)
        assert not re.search(
            r"\bada\b|byron", title + "".join(re.findall('(?:href|action)="([^"]*)"', html)), re.IGNORECASE
        )
