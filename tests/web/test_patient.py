import re
from collections.abc import Callable
from datetime import timedelta
from typing import cast
from uuid import uuid4

import pytest
import time_machine
from dependency_injector.providers import Object
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from adapters.caching.backend import CacheBackend
from adapters.caching.rate_limiter import CacheRateLimiter
from adapters.web.console.patients.person_forms import ROW_FORMS, PersonForm
from adapters.web.console.words import LABELS
from bootstrap import Container
from core.access import Role
from core.errors import Unavailable
from core.patients.entities import Patient
from core.patients.fields import SETTABLE, Changes
from core.ports import RateLimit, RateLimitScope
from tests.fakes import NOW, ScriptedGateway
from tests.http_api.conftest import SETUP
from tests.web.forms import filled_in

pytestmark = pytest.mark.django_db(transaction=True)


def path(patient: Patient, page: str = "patient", *more: str) -> str:
    return reverse(f"console:{page}", args=[patient.id, *more])


def read(browser: Client, patient: Patient, page: str = "patient") -> str:
    answer = browser.get(path(patient, page))
    assert answer.status_code == 200
    return answer.content.decode()


def text(page: object) -> str:
    """As a browser shows it, on one line."""
    html = page if isinstance(page, str) else cast("HttpResponse", page).content.decode()
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", html))


def change(registry: Container, patient: Patient, **changes: object) -> Patient:
    return registry.update_patient()(actor=SETUP, patient_id=patient.id, **cast("Changes", changes))


def test_the_page_shows_the_record_in_words(reader: Client, register: Callable[..., Patient]) -> None:
    patient = register(
        prefix="Dr", date_of_birth="1985-03", phone="+442079460555", sex="female", deceased="2020-01-31",
        identifiers=[{"system": "mrn", "value": "0001234"}],
        addresses=[{"lines": ["12 St James's Square"], "city": "London", "postal_code": "SW1Y 4JH"}],
        contacts=[{"relationship": "mother", "name": "Anne", "phone": "+442079460123"}],
    )  # fmt: skip
    shown = text(read(reader, patient))
    for part in (
        "Dr Ada Byron", "Deceased", "Mar 1985", "31 Jan 2020", "+44 20 7946 0555", "Female", "mrn: 0001234",
        "Home: 12 St James&#x27;s Square, SW1Y 4JH London", "Anne (mother), +44 20 7946 0123",
        "Not linked to the upstream system",
    ):  # fmt: skip
        assert part in shown, part
    assert "Contacts" in shown
    assert "Other names" not in shown


def test_no_title_and_no_url_names_the_patient(clerk: Client, ada: Patient) -> None:
    for page in ("patient", "edit", "history", "duplicates"):
        html = read(clerk, ada, page)
        [title] = re.findall("<title>(.*?)</title>", html)
        assert not re.search(
            r"\bada\b|byron", title + "".join(re.findall('(?:href|action)="([^"]*)"', html)), re.IGNORECASE
        )


def test_an_unknown_patient_is_not_found(reader: Client) -> None:
    answer = reader.get(reverse("console:patient", args=[uuid4()]))
    assert (answer.status_code, "There is no patient with this id." in text(answer)) == (404, True)


@pytest.mark.parametrize(
    ("age", "shown"),
    [(timedelta(hours=3), "Fresh Synced 3 hours ago."), (timedelta(days=2, hours=1), "Stale Not synced for 2 days.")],
)  # fmt: skip
def test_freshness_is_in_words(
    sign_in_as: Callable[[Role], Client],
    registry: Container,
    ada: Patient,
    upstream: ScriptedGateway,
    age: timedelta,
    shown: str,
) -> None:
    upstream.answer = {"last_name": "Byron"}
    with time_machine.travel(NOW, tick=False):
        registry.sync_patient()(actor=SETUP, patient_id=ada.id)
    with time_machine.travel(NOW + age, tick=False):
        assert shown in text(read(sign_in_as(Role.READER), ada))


def test_the_history_is_a_timeline_in_words(
    clerk: Client, sign_in_as: Callable[[Role], Client], registry: Container, ada: Patient
) -> None:
    form = filled_in(read(clerk, ada, "edit"))
    clerk.post(path(ada, "edit"), form | {"date_of_birth": "1986-03-14"})
    change(registry, ada, first_name=None)
    mine = text(read(clerk, ada, "history"))
    assert "Updated by tests" in mine
    assert "First name: Ada → nothing" in mine
    assert "Updated by you" in mine
    assert "Date of birth: 10 Dec 1985 → 14 Mar 1986" in mine
    assert "Registered by tests" in mine
    assert "Reason: Another person." in mine
    assert "Updated by clerk@clinic.example" in text(read(sign_in_as(Role.ADMIN), ada, "history"))
    assert "Updated by a colleague" in text(read(sign_in_as(Role.READER), ada, "history"))


def test_long_histories_have_pages(reader: Client, registry: Container, ada: Patient) -> None:
    for number in range(50):
        change(registry, ada, middle_name=f"Name {number}")
    [earlier] = re.findall(r'rel="next" href="(\?before=\d+)"', read(reader, ada, "history"))
    assert "Registered by tests" in text(reader.get(path(ada, "history") + earlier))
    assert reader.get(path(ada, "history") + "?before=x").status_code == 404


def test_an_edit_that_changes_nothing_keeps_the_whole_record(
    clerk: Client, registry: Container, register: Callable[..., Patient]
) -> None:
    patient = register(
        middle_name="King", prefix="Dr", suffix="Jr.", phone="+442079460555", deceased=True, language="en-GB",
        sex="other", email_shared=True, date_of_birth="1985", date_of_birth_estimated=True, external_id="EHR-1",
        other_names=[{"use": "alias", "first_name": "A"}], other_phones=[{"use": "old", "value": "+442079460556"}],
        identifiers=[{"system": "mrn", "value": "1"}, {"system": "x", "value": '2 "3"'}],
        addresses=[{"use": "work", "lines": ["1", "2"], "city": "London"}, {"use": "old", "country": "GB"}],
        contacts=[{"relationship": "son", "name": "B", "email": "b@mail.example"}],
    )  # fmt: skip
    answer = clerk.post(path(patient, "edit"), filled_in(read(clerk, patient, "edit")))
    assert answer["Location"] == path(patient)
    assert registry.patients().get(patient.id) == patient


def test_every_field_has_a_place_in_the_form_and_a_label() -> None:
    assert {*PersonForm.base_fields, *ROW_FORMS} == {*SETTABLE, "died_on"} - {"status"}
    assert LABELS.keys() == {*SETTABLE, "merged_into"}


def test_items_are_removed_by_emptying_their_rows(
    clerk: Client, registry: Container, register: Callable[..., Patient]
) -> None:
    patient = register(identifiers=[{"system": "mrn", "value": "1"}, {"system": "x", "value": "2"}])
    form = filled_in(read(clerk, patient, "edit")) | {"identifiers-0-system": "", "identifiers-0-value": ""}
    assert clerk.post(path(patient, "edit"), form).status_code == 302
    assert [one.value for one in registry.patients().get(patient.id).identifiers] == ["2"]


def test_errors_of_an_edit_keep_the_input(clerk: Client, ada: Patient, registry: Container) -> None:
    form = filled_in(read(clerk, ada, "edit")) | {"date_of_birth": "14.3.1987", "middle_name": "King"}
    answer = clerk.post(path(ada, "edit"), form)
    kept = filled_in(answer.content.decode())
    assert (answer.status_code, kept["date_of_birth"], kept["middle_name"]) == (400, "14.3.1987", "King")
    assert "Must be a date in the form YYYY-MM-DD" in text(answer)
    assert registry.patients().get(ada.id) == ada


def test_an_email_that_another_patient_has_is_explained(
    clerk: Client, ada: Patient, register: Callable[..., Patient]
) -> None:
    eve = register(first_name="Eve", email="eve@mail.example")
    answer = clerk.post(path(eve, "edit"), filled_in(read(clerk, eve, "edit")) | {"email": "ada@example.org"})
    assert (answer.status_code, f'href="{path(ada)}"' in answer.content.decode()) == (409, True)


def test_a_conflict_shows_both_versions_and_keeps_the_input(clerk: Client, registry: Container, ada: Patient) -> None:
    form = filled_in(read(clerk, ada, "edit"))
    change(registry, ada, last_name="King", phone="+442079460555")
    change(registry, ada, last_name="Lovelace")
    yours = form | {"last_name": "Noel", "middle_name": "Augusta"}
    asked = clerk.post(path(ada, "edit"), yours)
    assert asked.status_code == 409
    assert "Last name Lovelace Noel" in text(asked)
    assert "Their changes in the form: Phone." in text(asked)
    merged = filled_in(asked.content.decode())
    assert {name: merged[name] for name in ("last_name", "middle_name", "phone", "version")} == {
        "last_name": "Noel", "middle_name": "Augusta", "phone": "+442079460555", "version": "3",
    }  # fmt: skip
    assert clerk.post(path(ada, "edit"), merged).status_code == 302
    after = registry.patients().get(ada.id)
    assert (after.last_name, after.middle_name, after.phone) == ("Noel", "Augusta", "+442079460555")


def test_an_edit_sent_twice_is_saved_once(clerk: Client, registry: Container, ada: Patient) -> None:
    form = filled_in(read(clerk, ada, "edit")) | {"last_name": "King"}
    for _ in range(2):
        assert clerk.post(path(ada, "edit"), form)["Location"] == path(ada)
    assert registry.patients().get(ada.id).version == 2


def test_a_status_changes_after_a_confirmation_and_back(clerk: Client, registry: Container, ada: Patient) -> None:
    for status in ("inactive", "archived", "inactive", "active"):
        page = clerk.get(path(ada, "status", status)).content.decode()
        [version] = re.findall('name="version" value="([0-9]+)"', page)
        answer = clerk.post(path(ada, "status", status), {"version": version}, follow=True)
        assert f"The patient is now {status}." in text(answer)
        assert registry.patients().get(ada.id).status == status
    refused = clerk.post(path(ada, "status", "archived"), {"version": "5"})
    assert (refused.status_code, "cannot move from active to archived" in text(refused)) == (409, True)
    outdated = clerk.post(path(ada, "status", "inactive"), {"version": "1"})
    assert "has changed since it was read" in text(outdated)
    for unknown in ("merged", "gone"):
        assert clerk.get(path(ada, "status", unknown)).status_code == 404


def test_a_sync_shows_what_it_changed(clerk: Client, ada: Patient, upstream: ScriptedGateway) -> None:
    upstream.answer = {"last_name": "Lovelace", "email": "ada@example.org"}
    synced = text(clerk.post(path(ada, "sync")))
    assert "Synced. 1 field changed." in synced
    assert "Last name Byron Lovelace" in synced
    assert "Upstream has nothing new." in text(clerk.post(path(ada, "sync")))
    upstream.answer = Unavailable("Upstream does not answer.")
    stale = text(clerk.post(path(ada, "sync")))
    assert "Upstream does not answer. This is the record as of less than a minute ago." in stale


def test_a_failed_sync_says_why(clerk: Client, ada: Patient, upstream: ScriptedGateway) -> None:
    for answer, why in (
        (Unavailable("Upstream does not answer."), "Upstream does not answer."),
        (None, "No external data found for patient"),
        ({"date_of_birth": "x"}, "The upstream record is invalid: date_of_birth (invalid)."),
    ):
        upstream.answer = answer
        assert why in text(clerk.post(path(ada, "sync")))


def test_syncs_are_limited(clerk: Client, registry: Container, ada: Patient, upstream: ScriptedGateway) -> None:
    upstream.answer = {"last_name": "Byron"}
    one = CacheRateLimiter(CacheBackend(), {RateLimitScope.SYNC: RateLimit(1, 86_400)})
    with registry.limiter.override(Object(one)):
        clerk.post(path(ada, "sync"))
        assert "Too many requests." in text(clerk.post(path(ada, "sync")))
    assert len(upstream.asked) == 1


def test_other_records_of_the_person_are_listed(clerk: Client, ada: Patient, duplicate: Patient) -> None:
    page = read(clerk, ada, "duplicates")
    assert path(duplicate) in page
    assert "same first name" in page
    assert "Try" not in page


def test_a_merged_record_links_to_its_survivor(
    clerk: Client, registry: Container, ada: Patient, duplicate: Patient
) -> None:
    registry.merge_patients()(actor=SETUP, patient_id=ada.id, other_id=duplicate.id)
    page = read(clerk, duplicate)
    assert "This record was merged into another one." in page
    assert path(ada) in page
    assert path(duplicate, "edit") not in page
    refused = clerk.post(path(duplicate, "edit"), filled_in(read(clerk, duplicate, "edit")) | {"last_name": "King"})
    assert (refused.status_code, "was merged into another" in text(refused)) == (409, True)


def test_admins_see_who_looked_at_a_record(
    sign_in_as: Callable[[Role], Client], registry: Container, ada: Patient
) -> None:
    read(sign_in_as(Role.READER), ada)
    admin = sign_in_as(Role.ADMIN)
    assert "reader@clinic.example Patient viewed 127.0.0.1" in text(read(admin, ada, "accesses"))
    for _ in range(26):
        read(admin, ada, "history")
    [earlier] = re.findall(r'rel="next" href="(\?before=[^"]*)"', read(admin, ada, "accesses"))
    assert "reader@clinic.example Patient viewed" in text(admin.get(path(ada, "accesses") + earlier))
    for wrong in ("x", "2026-01-31|1", "2026-01-31T09:30:00+00:00|x"):
        assert admin.get(path(ada, "accesses"), {"before": wrong}).status_code == 404


def test_every_view_is_in_the_access_log(clerk: Client, registry: Container, ada: Patient) -> None:
    for page, action in (("patient", "patient_viewed"), ("history", "history_viewed"), ("edit", "patient_viewed")):
        before = registry.list_accesses()(actor=SETUP, filters={"patient_id": ada.id}).entries
        read(clerk, ada, page)
        entries = registry.list_accesses()(actor=SETUP, filters={"patient_id": ada.id}).entries
        new = [entry for entry in entries if entry not in before and entry.actor.startswith("user:")]
        assert action in [entry.action for entry in new]


def test_pages_have_no_inline_script_or_style_and_are_not_cached(clerk: Client, ada: Patient) -> None:
    for url in ("/console/", "/console/register/", *(path(ada, page) for page in ("patient", "edit", "history"))):
        answer = clerk.get(url)
        html = answer.content.decode()
        assert answer["Cache-Control"] == "no-store"
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=\"/static/)|\son[a-z]+=", html), url
        assert not re.search("https?://", html), url
