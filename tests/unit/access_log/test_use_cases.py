"""What each use case enters in the access log."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from bootstrap import Container
from core.access import Actor, Role
from core.access_log.entities import AccessAction, AccessEntry, AccessFilters, AccessQuery
from core.access_log.services.recorder import MAX_NAMED
from core.accounts.errors import TokenRefused, WrongCredentials
from core.errors import Forbidden, ValidationError
from core.patients.entities import Patient
from tests.fakes import ADMIN, CLERK, READER, ScriptedGateway, details

PASSWORD = "correct horse battery"
SETUP = Actor.system("tests")


def entries(registry: Container, **query: object) -> list[AccessEntry]:
    wanted = AccessQuery(**query)  # type: ignore[arg-type]  # each test gives the types of its filter
    return list(registry.access_entries().find(wanted, before=None, limit=100))


def actions(registry: Container) -> list[AccessAction]:
    return [entry.action for entry in entries(registry)]


@pytest.fixture
def ada(registry: Container) -> Patient:
    return registry.register_patient()(actor=CLERK, **details(external_id="x1"))


@pytest.fixture
def twin(registry: Container, ada: Patient) -> Patient:
    given = details(email="countess@example.org")
    return registry.register_patient()(actor=CLERK, override_reason="Another person.", **given)


SEEN: dict[str, tuple[AccessAction, Callable[[Container], Callable[..., object]]]] = {
    "history": (AccessAction.HISTORY_VIEWED, lambda registry: registry.view_history()),
    "merges": (AccessAction.HISTORY_VIEWED, lambda registry: registry.list_merges()),
    "record": (AccessAction.PATIENT_VIEWED, lambda registry: registry.view_patient()),
}


@pytest.mark.parametrize("what", SEEN)
def test_viewing_a_record_is_recorded(registry: Container, ada: Patient, what: str) -> None:
    action, use_case = SEEN[what]
    use_case(registry)(actor=CLERK, patient_id=ada.id)
    (entry,) = entries(registry)
    assert (entry.action, entry.patient_id, entry.actor) == (action, ada.id, CLERK.name)
    assert (entry.request_id, entry.at) == (CLERK.request_id, registry.clock().now())


def test_an_update_or_sync_without_changes_is_recorded_as_a_view(
    registry: Container, ada: Patient, gateway: ScriptedGateway
) -> None:
    registry.update_patient()(actor=CLERK, patient_id=ada.id, first_name=ada.first_name)
    gateway.answer = {"first_name": ada.first_name}
    registry.sync_patient()(actor=CLERK, patient_id=ada.id)
    assert [(entry.action, entry.patient_id) for entry in entries(registry)] == [
        (AccessAction.PATIENT_VIEWED, ada.id)
    ] * 2


def test_changes_are_only_in_the_history(registry: Container, ada: Patient, gateway: ScriptedGateway) -> None:
    registry.update_patient()(actor=CLERK, patient_id=ada.id, first_name="Augusta")
    gateway.answer = {"first_name": "Adele"}
    registry.sync_patient()(actor=CLERK, patient_id=ada.id)
    assert entries(registry) == []


def test_a_search_is_recorded_with_a_digest_and_the_patients_found(registry: Container, ada: Patient) -> None:
    search = registry.search_patients()
    search(actor=READER)
    search(actor=READER, q="Ada")
    search(actor=READER, q="ada", limit=1)
    search(actor=READER, q="Bob")
    bob, ada_again, ada_first, everybody = entries(registry)
    assert [one.patient_id for one in (ada_again, ada_first, everybody)] == [ada.id] * 3
    assert (bob.count, bob.patient_id) == (0, None)
    assert everybody.detail == ""
    assert ada_first.detail == ada_again.detail != bob.detail
    assert len(bob.detail) == 32


def test_a_long_page_is_recorded_with_its_length(registry: Container) -> None:
    for number in range(MAX_NAMED + 1):
        registry.register_patient()(actor=CLERK, **details(email=f"{number}@example.org"))
    registry.search_patients()(actor=READER)
    (entry,) = entries(registry)
    assert (entry.count, entry.patient_id) == (MAX_NAMED + 1, None)


def test_a_match_is_recorded_with_a_digest_and_the_patients_found(registry: Container, ada: Patient) -> None:
    registry.match_patients()(actor=CLERK, email="ada@example.org")
    (entry,) = entries(registry)
    assert (entry.action, entry.patient_id, len(entry.detail)) == (AccessAction.PATIENTS_MATCHED, ada.id, 32)


def test_a_merge_preview_is_recorded_for_both_records(registry: Container, ada: Patient, twin: Patient) -> None:
    registry.merge_patients()(actor=CLERK, patient_id=ada.id, other_id=twin.id, preview=True)
    assert {entry.patient_id for entry in entries(registry)} == {ada.id, twin.id}


def test_a_page_of_duplicates_is_recorded_for_each_record(registry: Container, ada: Patient, twin: Patient) -> None:
    registry.list_duplicates()(actor=CLERK)
    assert actions(registry) == [AccessAction.DUPLICATES_VIEWED] * 2
    assert {entry.patient_id for entry in entries(registry)} == {ada.id, twin.id}


def test_a_pair_is_recorded_for_both_records(registry: Container, ada: Patient, twin: Patient) -> None:
    (pair,) = registry.list_duplicates()(actor=SETUP).pairs
    registry.view_duplicate()(actor=CLERK, pair_id=pair.id)
    seen = [entry for entry in entries(registry) if entry.actor == CLERK.name]
    assert [entry.action for entry in seen] == [AccessAction.DUPLICATES_VIEWED] * 2
    assert {entry.patient_id for entry in seen} == {ada.id, twin.id}


def test_a_page_of_changes_is_recorded_with_its_length(registry: Container, ada: Patient, twin: Patient) -> None:
    page = registry.follow_changes()(actor=READER)
    registry.follow_changes()(actor=READER, after=page.next)
    (entry,) = entries(registry)
    assert (entry.action, entry.count) == (AccessAction.CHANGES_FOLLOWED, 2)


def test_an_export_is_recorded_before_its_first_record_and_after_its_last(registry: Container, twin: Patient) -> None:
    export = registry.export_patients()(actor=CLERK)
    assert entries(registry) == []
    next(export)
    assert actions(registry) == [AccessAction.EXPORT_STARTED]
    assert len(list(export)) == 1
    ended, _ = entries(registry)
    assert (ended.action, ended.count) == (AccessAction.EXPORT_ENDED, 2)


def test_an_export_that_is_broken_off_is_recorded_as_well(registry: Container, twin: Patient) -> None:
    export = registry.export_patients()(actor=CLERK)
    next(export)
    del export
    assert actions(registry) == [AccessAction.EXPORT_ENDED, AccessAction.EXPORT_STARTED]


def test_sign_ins_failures_and_sign_outs_are_recorded(registry: Container) -> None:
    user = registry.create_user()(actor=SETUP, email="grace@example.org", password=PASSWORD, role=Role.CLERK)
    where = {"address": "192.0.2.7", "request_id": "r1"}
    pair = registry.sign_in()(email=user.email, password=PASSWORD, **where)
    for email in (user.email, user.email, "nobody@example.org"):
        with pytest.raises(WrongCredentials):
            registry.sign_in()(email=email, password="wrong password", **where)
    rotated = registry.refresh_session()(refresh=pair.refresh, **where)
    registry.sign_out()(refresh=rotated.refresh, **where)
    registry.sign_out()(refresh=rotated.refresh, **where)
    out, nobody, again, failed, signed_in = entries(registry)
    assert [out.action, nobody.action, signed_in.action] == ["signed_out", "sign_in_failed", "signed_in"]
    assert [out.actor, nobody.actor, signed_in.actor] == [f"user:{user.id}", "anonymous", f"user:{user.id}"]
    assert failed.detail == again.detail != nobody.detail
    assert {(entry.address, entry.request_id) for entry in entries(registry)} == {("192.0.2.7", "r1")}


def test_a_copied_refresh_token_is_recorded(registry: Container) -> None:
    registry.create_user()(actor=SETUP, email="grace@example.org", password=PASSWORD, role=Role.CLERK)
    pair = registry.sign_in()(email="grace@example.org", password=PASSWORD)
    registry.refresh_session()(refresh=pair.refresh)
    with pytest.raises(TokenRefused):
        registry.refresh_session()(refresh=pair.refresh)
    assert actions(registry)[0] is AccessAction.TOKEN_REUSED


def test_reading_the_log_is_recorded(registry: Container, ada: Patient) -> None:
    registry.view_patient()(actor=READER, patient_id=ada.id)
    page = registry.list_accesses()(actor=ADMIN, filters={"patient_id": str(ada.id)})
    assert [entry.actor for entry in page.entries] == [READER.name]
    latest = entries(registry)[0]
    assert (latest.action, latest.actor, latest.patient_id) == (AccessAction.AUDIT_VIEWED, ADMIN.name, ada.id)


def test_only_admins_read_the_log(registry: Container) -> None:
    with pytest.raises(Forbidden):
        registry.list_accesses()(actor=CLERK, filters={})


def test_pages_continue_before_the_last_entry(registry: Container, ada: Patient) -> None:
    for _ in range(3):
        registry.view_patient()(actor=READER, patient_id=ada.id)
    first = registry.list_accesses()(actor=ADMIN, filters={}, limit=2)
    assert [entry.number for entry in first.entries] == [3, 2]
    last = registry.list_accesses()(actor=ADMIN, filters={}, before=first.next, limit=2)
    assert ([entry.number for entry in last.entries], last.next) == ([1], None)


def test_every_invalid_filter_is_reported(registry: Container) -> None:
    broken: AccessFilters = {
        "actor": "",
        "patient_id": "ada",
        "action": "seen",
        "since": "yesterday",
        "until": str(uuid4()),
    }
    with pytest.raises(ValidationError) as refused:
        registry.list_accesses()(actor=ADMIN, filters=broken)
    assert [error.field for error in refused.value.errors] == list(broken)
