import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from bootstrap import Container
from core.access import Role
from core.patients.entities import Patient
from tests.http_api.conftest import SETUP
from tests.web.forms import record_form
from tests.web.pages import html_of, text_of

pytestmark = pytest.mark.django_db(transaction=True)

AUDIT = "/console/audit/"


@pytest.fixture
def admin(sign_in_as: Callable[[Role], Client]) -> Client:
    return sign_in_as(Role.ADMIN)


@pytest.fixture
def changed(registry: Container, ada: Patient) -> Patient:
    return registry.update_patient()(actor=SETUP, patient_id=ada.id, last_name="Lovelace")


def shown(page: object) -> str:
    """Below the form."""
    return text_of(page).rpartition("Search")[2]


def test_a_change_shows_who_whose_record_and_the_values_before_and_after(
    admin: Client, changed: Patient, registry: Container
) -> None:
    registry.register_patient()(actor=SETUP, first_name="Bob", last_name="King", date_of_birth="1990-01-01")
    page = admin.get(AUDIT)
    assert re.search("Registered: Bob King .*Updated: Ada Lovelace .*tests .*Last name: Byron → Lovelace", shown(page))
    assert f'href="/console/patients/{changed.id}/"' in html_of(page)
    assert str(changed.id) not in shown(page)
    [seen] = registry.list_accesses()(actor=SETUP, filters={"patient_id": changed.id, "action": "audit_viewed"}).entries
    assert seen.actor.startswith("user:")


def test_a_search_keeps_the_email_out_of_the_url(admin: Client, clerk: Client, ada: Patient) -> None:
    clerk.post("/console/register/", record_form(key="key", first_name="Zoe", last_name="Lam"))
    form = {"who": "Clerk@clinic.example", "action": "registered", "since": "", "until": "", "patient": ""}
    found = admin.post(AUDIT, form)["Location"]
    assert re.fullmatch(f"{AUDIT}\\?who=user%3A[0-9a-f-]*&action=registered", found)
    page = admin.get(found)
    assert "Registered: Zoe Lam" in shown(page)
    assert ada.full_name not in shown(page)
    assert 'value="clerk@clinic.example"' in html_of(page)
    assert (
        admin.post(AUDIT, form | {"who": re.findall('name="who"[^>]*value="([^"]*)"', html_of(page))[0]})["Location"]
        == found
    )
    own = admin.get(admin.post(AUDIT, {"who": "admin@clinic.example"})["Location"])
    assert 'value="admin@clinic.example"' in html_of(own)
    unknown = admin.post(AUDIT, form | {"who": "nobody@clinic.example"})
    assert (unknown.status_code, "No user signs in with this email." in text_of(unknown)) == (400, True)


@pytest.mark.usefixtures("changed")
def test_changes_are_found_by_record_service_and_days(admin: Client, ada: Patient, registry: Container) -> None:
    today = datetime.now(UTC).date()
    day = timedelta(days=1)
    other = registry.register_patient()(actor=SETUP, first_name="Bob", last_name="King").id

    def found(**form: object) -> list[str]:
        return re.findall("(?:Registered|Updated): (Ada|Bob)", shown(admin.get(admin.post(AUDIT, form)["Location"])))

    assert found(patient=ada.id) == ["Ada", "Ada"]
    assert found(patient=other) == ["Bob"]
    assert found(who="lab-import") == []
    assert found(who="system:tests") == ["Bob", "Ada", "Ada"]
    assert found(since=today - day, until=today + day) == ["Bob", "Ada", "Ada"]
    assert found(since=today + 2 * day) == found(until=today - 2 * day) == []
    assert found(until="9999-12-31", since="0001-01-02") == ["Bob", "Ada", "Ada"]


def test_an_invalid_search_says_why(admin: Client) -> None:
    page = admin.post(AUDIT, {"patient": "7", "action": "looked", "since": "yesterday"})
    assert page.status_code == 400
    for said in ("Enter a valid UUID.", "Select a valid choice", "Enter a valid date."):
        assert said in text_of(page)
    assert [admin.get(f"{AUDIT}?before={cursor}").status_code for cursor in ("x", "2026-01-01|x|1")] == [404, 404]


def test_accesses_name_who_saw_which_record(admin: Client, clerk: Client, ada: Patient) -> None:
    clerk.get(f"/console/patients/{ada.id}/")
    page = admin.get(admin.post(f"{AUDIT}accesses/", {"who": "clerk@clinic.example"})["Location"])
    assert re.search("clerk@clinic.example Patient viewed Ada Byron 127.0.0.1", shown(page))
    signed_in = admin.get(admin.post(f"{AUDIT}accesses/", {"action": "signed_in"})["Location"])
    assert ("Signed in" in shown(signed_in), "Ada" in shown(signed_in)) == (True, False)


@pytest.mark.parametrize("path", [AUDIT, f"{AUDIT}accesses/"])
@pytest.mark.usefixtures("changed")
def test_pages_of_the_audit_keep_the_search(
    admin: Client, ada: Patient, path: str, registry: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.web.console.audit.audit.PER_PAGE", 1)
    for _ in range(2):
        registry.view_patient()(actor=SETUP, patient_id=ada.id)
    first = admin.get(f"{path}?patient={ada.id}")
    [following] = re.findall('rel="next" href="([^"]*)"', html_of(first))
    second = admin.get(path + following.replace("&amp;", "&"))
    assert ("Ada" in shown(first), "Ada" in shown(second)) == (True, True)
    assert shown(first) != shown(second)
    assert f"patient={ada.id}" in following


def test_an_erased_record_has_no_name_in_the_audit(admin: Client, ada: Patient, registry: Container) -> None:
    registry.erase_patient()(actor=SETUP, patient_id=ada.id)
    for path in (AUDIT, f"{AUDIT}accesses/?action=audit_viewed"):
        page = shown(admin.get(path))
        assert ("an erased record" in page, "Ada" in page) == (True, False)
