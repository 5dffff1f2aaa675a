"""Merging two records of one person, and undoing it."""

from datetime import timedelta
from typing import Unpack
from uuid import UUID

import pytest

from bootstrap import Container
from core.access import Actor, Role
from core.errors import Forbidden, ValidationError, VersionMismatch
from core.files import FileFormat
from core.matching.entities import Merge, MergeResult, PairState
from core.matching.errors import MergeAlreadyUndone, MergeNotFound, PatientsDiffer, SurvivorMerged
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.errors import EmailTaken, IdentifierTaken, PatientArchived, PatientMerged, PatientNotFound
from core.patients.search import Filters
from core.patients.values import Status
from core.sync.merge import SyncOutcome
from tests.contracts.examples import together
from tests.fakes import ADMIN, CLERK, ScriptedGateway, StillClock, details

MRN = {"system": "mrn", "value": "7"}
NHS = {"system": "urn:nhs", "value": "9"}


@pytest.fixture
def ada(registry: Container) -> Patient:
    given = details(phone=None, identifiers=[MRN], addresses=[{"city": "London"}])
    return registry.register_patient()(actor=CLERK, **given)


@pytest.fixture
def duplicate(registry: Container, ada: Patient, clock: StillClock) -> Patient:
    clock.at += timedelta(seconds=1)
    given = details(
        first_name="Augusta",
        email="countess@example.org",
        phone="+12015550123",
        identifiers=[NHS],
        addresses=[{"city": "Ockham"}],
        external_id="x7",
    )
    return registry.register_patient()(actor=CLERK, override_reason="Not sure.", **given)


def merged(
    registry: Container,
    survivor: Patient,
    other: Patient,
    *,
    choices: object = None,
    reason: object = None,
    preview: bool = False,
) -> MergeResult:
    return registry.merge_patients()(
        actor=CLERK, patient_id=survivor.id, other_id=other.id, choices=choices, reason=reason, preview=preview
    )


def merge_of(result: MergeResult) -> Merge:
    assert result.merge
    return result.merge


def view(registry: Container, patient_id: UUID) -> Patient:
    return registry.view_patient()(actor=CLERK, patient_id=patient_id)


def search(registry: Container, **given: Unpack[Filters]) -> list[UUID]:
    return [patient.id for patient in registry.search_patients()(actor=CLERK, **given).patients]


def test_blank_fields_are_filled_and_lists_are_combined(registry: Container, ada: Patient, duplicate: Patient) -> None:
    result = merged(registry, ada, duplicate)
    survivor = view(registry, ada.id)
    assert survivor == result.survivor
    assert (survivor.first_name, survivor.email) == (ada.first_name, ada.email)
    assert (survivor.phone, survivor.external_id) == (duplicate.phone, "x7")
    assert survivor.identifiers == ada.identifiers + duplicate.identifiers
    assert survivor.addresses == ada.addresses + duplicate.addresses
    assert set(result.fields) == {"phone", "external_id", "identifiers", "addresses"}
    assert survivor.version == ada.version + 1


def test_the_merged_record_keeps_its_values_and_names_its_survivor(
    registry: Container, ada: Patient, duplicate: Patient
) -> None:
    merged(registry, ada, duplicate)
    other = view(registry, duplicate.id)
    assert (other.status, other.merged_into) == (Status.MERGED, ada.id)
    assert {**other.to_json(), "status": "active"} == duplicate.to_json()


def test_choices_select_the_value_of_either_record(registry: Container, ada: Patient, duplicate: Patient) -> None:
    chosen = {"first_name": "other", "email": "other", "phone": "survivor", "identifiers": "survivor"}
    survivor = merged(registry, ada, duplicate, choices=chosen).survivor
    assert (survivor.first_name, survivor.email) == ("Augusta", "countess@example.org")
    assert (survivor.phone, survivor.identifiers) == (None, ada.identifiers)


def test_a_preview_shows_the_result_and_stores_nothing(registry: Container, ada: Patient, duplicate: Patient) -> None:
    preview = merged(registry, ada, duplicate, preview=True)
    assert (preview.merge, preview.survivor.phone) == (None, duplicate.phone)
    assert (view(registry, ada.id), view(registry, duplicate.id)) == (ada, duplicate)
    assert merged(registry, ada, duplicate).survivor.to_json() == preview.survivor.to_json()


def test_names_and_numbers_of_the_merged_record_find_the_survivor(
    registry: Container, ada: Patient, duplicate: Patient
) -> None:
    merged(registry, ada, duplicate, choices={"phone": "survivor", "identifiers": "survivor"})
    filters: list[Filters] = [
        {"q": "augusta"},
        {"q": "2015550123"},
        {"email": "countess@example.org"},
        {"phone": "+12015550123"},
        {"identifier": "urn:nhs|9"},
        {"identifier": "9"},
        {"external_id": "x7"},
    ]
    for given in filters:
        assert search(registry, **given) == [ada.id]
    registry.update_patient()(actor=CLERK, patient_id=ada.id, last_name="King", phone="+12015550177")
    assert search(registry, q="augusta byron") == [ada.id]
    candidates = registry.match_patients()(actor=CLERK, first_name="Augusta", email="countess@example.org")
    assert [found.patient.id for found in candidates.found] == [ada.id]


def test_lists_exclude_merged_records_unless_requested(registry: Container, ada: Patient, duplicate: Patient) -> None:
    merged(registry, ada, duplicate)
    assert search(registry) == [ada.id]
    assert registry.search_patients()(actor=CLERK, count=True).count == 1
    assert search(registry, status="merged") == search(registry, ids=[duplicate.id]) == [duplicate.id]
    assert search(registry, status="merged", email="countess@example.org", q="augusta") == [duplicate.id]
    assert [one.id for one in registry.export_patients()(actor=CLERK)] == [ada.id, duplicate.id]


def test_writes_to_a_merged_record_are_refused_and_name_the_survivor(
    registry: Container, ada: Patient, duplicate: Patient, clock: StillClock
) -> None:
    merged(registry, ada, duplicate)
    third = registry.register_patient()(
        actor=CLERK, **details(first_name="Eve", email=None, date_of_birth="2001-02-03")
    )
    update, erase = registry.update_patient(), registry.erase_patient()
    for change in (
        lambda: update(actor=CLERK, patient_id=duplicate.id, first_name="Eve"),
        lambda: update(actor=CLERK, patient_id=duplicate.id),
        lambda: erase(actor=ADMIN, patient_id=duplicate.id),
        lambda: merged(registry, third, duplicate),
        lambda: merged(registry, duplicate, third),
    ):
        with pytest.raises(PatientMerged) as refused:
            change()
        assert refused.value.survivor == ada.id


def test_values_of_a_merged_record_belong_to_its_survivor(
    registry: Container, ada: Patient, duplicate: Patient
) -> None:
    merged(registry, ada, duplicate, choices={"identifiers": "survivor"})
    register, update = registry.register_patient(), registry.update_patient()
    with pytest.raises(EmailTaken) as taken:
        register(actor=CLERK, **details(first_name="Eve", email="countess@example.org"))
    assert taken.value.holder == ada.id
    other = register(actor=CLERK, **details(first_name="Eve", email=None, date_of_birth="2001-02-03"))
    with pytest.raises(EmailTaken):
        update(actor=CLERK, patient_id=other.id, email="countess@example.org")
    assert update(actor=CLERK, patient_id=ada.id, email="countess@example.org").email == "countess@example.org"


def test_merge_and_undo_are_in_the_history_and_the_change_feed(
    registry: Container, ada: Patient, duplicate: Patient
) -> None:
    merge = merge_of(merged(registry, ada, duplicate, reason="Registered twice."))
    registry.undo_merge()(actor=CLERK, merge_id=merge.id)
    for patient_id, fields in ((ada.id, "phone"), (duplicate.id, "merged_into")):
        undone, done, _ = registry.view_history()(actor=CLERK, patient_id=patient_id).events
        assert (done.action, undone.action) == (Action.MERGED, Action.MERGE_UNDONE)
        assert fields in done.fields
        assert done.values
        assert done.values.reason == "Registered twice."
    changes = registry.follow_changes()(actor=CLERK).changes
    assert [change.action for change in changes].count(Action.MERGED) == 2


def test_undo_restores_both_records(registry: Container, ada: Patient, duplicate: Patient, clock: StillClock) -> None:
    merge = merge_of(merged(registry, ada, duplicate, choices={"email": "other"}))
    clock.at += timedelta(seconds=1)
    undone = registry.undo_merge()(actor=CLERK, merge_id=merge.id)
    assert undone.kept == ()
    for before in (ada, duplicate):
        after = view(registry, before.id)
        assert (after.to_json(), after.merged_into) == (before.to_json(), None)
    assert search(registry, q="augusta") == search(registry, external_id="x7") == [duplicate.id]
    assert registry.list_merges()(actor=CLERK, patient_id=duplicate.id).items == (undone.merge,)


def test_undo_keeps_changes_made_after_the_merge(registry: Container, ada: Patient, duplicate: Patient) -> None:
    merge = merge_of(merged(registry, ada, duplicate))
    third = {"system": "urn:ins", "value": "5"}
    registry.update_patient()(
        actor=CLERK, patient_id=ada.id, phone="+12015550155", last_name="King", identifiers=[MRN, NHS, third]
    )
    undone = registry.undo_merge()(actor=CLERK, merge_id=merge.id)
    survivor = view(registry, ada.id)
    assert (survivor.phone, survivor.last_name, survivor.external_id) == ("+12015550155", "King", None)
    assert survivor.to_json()["identifiers"] == [MRN, third]
    assert survivor.addresses == ada.addresses
    assert set(undone.kept) == {"phone", "identifiers"}
    assert view(registry, duplicate.id).to_json() == duplicate.to_json()


def test_records_merged_before_follow_their_survivor_and_return_with_it(
    registry: Container, ada: Patient, duplicate: Patient, clock: StillClock
) -> None:
    clock.at += timedelta(seconds=1)
    oldest = registry.register_patient()(actor=CLERK, **details(first_name="Adelaide", email="adelaide@example.org"))
    first = merge_of(merged(registry, duplicate, oldest))
    second = merge_of(merged(registry, ada, duplicate))
    assert view(registry, oldest.id).merged_into == ada.id
    assert search(registry, q="adelaide") == [ada.id]
    with pytest.raises(SurvivorMerged):
        registry.undo_merge()(actor=CLERK, merge_id=first.id)
    registry.undo_merge()(actor=CLERK, merge_id=second.id)
    assert (view(registry, oldest.id).merged_into, search(registry, q="adelaide")) == (duplicate.id, [duplicate.id])
    registry.undo_merge()(actor=CLERK, merge_id=first.id)
    assert view(registry, oldest.id).to_json() == oldest.to_json()


def test_a_merge_is_undone_once(registry: Container, ada: Patient, duplicate: Patient) -> None:
    merge = merge_of(merged(registry, ada, duplicate))
    registry.undo_merge()(actor=CLERK, merge_id=merge.id)
    with pytest.raises(MergeAlreadyUndone):
        registry.undo_merge()(actor=CLERK, merge_id=merge.id)
    with pytest.raises(MergeNotFound):
        registry.undo_merge()(actor=CLERK, merge_id=ada.id)


def test_undo_is_refused_while_another_patient_has_a_former_value(
    registry: Container, ada: Patient, duplicate: Patient
) -> None:
    merge = merge_of(merged(registry, ada, duplicate, choices={"email": "other"}))
    other = registry.register_patient()(
        actor=CLERK, **details(first_name="Eve", email=ada.email, date_of_birth="2001-02-03")
    )
    with pytest.raises(EmailTaken) as taken:
        registry.undo_merge()(actor=CLERK, merge_id=merge.id)
    assert taken.value.holder == other.id
    assert view(registry, duplicate.id).merged_into == ada.id


def test_erasing_the_survivor_erases_the_records_merged_into_it(
    registry: Container, ada: Patient, duplicate: Patient
) -> None:
    merge = merge_of(merged(registry, ada, duplicate))
    registry.erase_patient()(actor=ADMIN, patient_id=ada.id)
    for patient_id in (ada.id, duplicate.id):
        with pytest.raises(PatientNotFound):
            view(registry, patient_id)
        events = registry.view_history()(actor=CLERK, patient_id=patient_id).events
        assert [event.action for event in events if event.values] == []
    with pytest.raises(MergeNotFound):
        registry.undo_merge()(actor=CLERK, merge_id=merge.id)
    assert registry.register_patient()(actor=CLERK, **details(email="countess@example.org"))


def test_invalid_merges_are_refused_and_change_nothing(registry: Container, ada: Patient, duplicate: Patient) -> None:
    with pytest.raises(ValidationError):
        merged(registry, ada, ada)
    for choices, reason in (({"phone": "mine"}, None), ({"shoe": "other"}, None), (5, None), (None, "")):
        with pytest.raises(ValidationError):
            merged(registry, ada, duplicate, choices=choices, reason=reason)
    merge = registry.merge_patients()
    with pytest.raises(VersionMismatch):
        merge(actor=CLERK, patient_id=ada.id, other_id=duplicate.id, expected_version=2)
    with pytest.raises(VersionMismatch):
        merge(actor=CLERK, patient_id=ada.id, other_id=duplicate.id, expected_other_version=7)
    with pytest.raises(PatientNotFound):
        merge(actor=CLERK, patient_id=ada.id, other_id=UUID(int=7))
    with pytest.raises(Forbidden):
        merge(actor=Actor.user(UUID(int=1), Role.READER, "r"), patient_id=ada.id, other_id=duplicate.id)
    assert (view(registry, ada.id), view(registry, duplicate.id)) == (ada, duplicate)


def test_an_archived_record_cannot_survive_a_merge(registry: Container, ada: Patient, duplicate: Patient) -> None:
    for status in ("inactive", "archived"):
        registry.update_patient()(actor=CLERK, patient_id=ada.id, status=status)
    with pytest.raises(PatientArchived):
        merged(registry, ada, duplicate)
    result = merged(registry, duplicate, ada)
    registry.undo_merge()(actor=CLERK, merge_id=merge_of(result).id)
    assert view(registry, ada.id).status is Status.ARCHIVED


def test_different_persons_are_not_merged_even_through_a_third_record(
    registry: Container, ada: Patient, duplicate: Patient, clock: StillClock
) -> None:
    pair = registry.list_duplicates()(actor=CLERK).pairs[0]
    registry.decide_duplicate()(actor=CLERK, pair_id=pair.id, decision="different", reason="Twins.")
    for survivor, other in ((ada, duplicate), (duplicate, ada)):
        with pytest.raises(PatientsDiffer):
            merged(registry, survivor, other)
    clock.at += timedelta(seconds=1)
    third = registry.register_patient()(actor=CLERK, **details(email="third@example.org"))
    merged(registry, third, duplicate)
    for survivor, other in ((ada, third), (third, ada)):
        with pytest.raises(PatientsDiffer):
            merged(registry, survivor, other)


def test_the_merge_decides_the_pair_and_the_undo_reopens_it(
    registry: Container, ada: Patient, duplicate: Patient
) -> None:
    (pair,) = registry.list_duplicates()(actor=CLERK).pairs
    merge = merge_of(merged(registry, ada, duplicate))
    assert registry.duplicate_pairs().get(pair.id).state is PairState.SAME
    assert registry.list_duplicates()(actor=CLERK).pairs == ()
    registry.undo_merge()(actor=CLERK, merge_id=merge.id)
    assert [one.id for one in registry.list_duplicates()(actor=CLERK).pairs] == [pair.id]


def test_upstream_changes_under_the_merged_external_id_reach_the_survivor(
    registry: Container, ada: Patient, duplicate: Patient, gateway: ScriptedGateway, clock: StillClock
) -> None:
    gateway.by_id["x7"] = {"first_name": "Augusta", "phone": "+12015550123"}
    registry.sync_patient()(actor=CLERK, patient_id=duplicate.id)
    registry.update_patient()(actor=CLERK, patient_id=ada.id, external_id="x1")
    merged(registry, ada, view(registry, duplicate.id))
    gateway.by_id["x7"] = {"first_name": "Augusta", "phone": "+12015550188"}
    clock.at += timedelta(seconds=1)
    result = registry.sync_patient()(actor=CLERK, patient_id=duplicate.id)
    assert (result.outcome, result.patient.id) == (SyncOutcome.UPDATED, ada.id)
    survivor = view(registry, ada.id)
    assert (survivor.first_name, survivor.phone, survivor.external_id) == ("Ada", "+12015550188", "x1")


def test_a_survivor_with_the_external_id_of_the_other_record_continues_its_sync(
    registry: Container, ada: Patient, duplicate: Patient, gateway: ScriptedGateway, clock: StillClock
) -> None:
    gateway.by_id["x7"] = {"first_name": "Augusta", "phone": "+12015550123"}
    registry.sync_patient()(actor=CLERK, patient_id=duplicate.id)
    merged(registry, ada, view(registry, duplicate.id))
    for patient_id in (ada.id, duplicate.id):
        clock.at += timedelta(seconds=1)
        result = registry.sync_patient()(actor=CLERK, patient_id=patient_id)
        assert (result.outcome, result.patient.first_name) == (SyncOutcome.UNCHANGED, "Ada")
    job = registry.start_sync_job()(actor=CLERK)
    assert registry.run_job()(actor=ADMIN, job_id=job.id).counts == {"skipped": 1, "unchanged": 1}


def test_a_sync_job_syncs_merged_records_into_their_survivors(
    registry: Container, ada: Patient, duplicate: Patient, gateway: ScriptedGateway, clock: StillClock
) -> None:
    registry.update_patient()(actor=CLERK, patient_id=ada.id, external_id="x1")
    merged(registry, ada, duplicate)
    clock.at += timedelta(seconds=1)
    gateway.by_id |= {"x1": {"middle_name": "King"}, "x7": {"phone": "+12015550188"}}
    job = registry.start_sync_job()(actor=CLERK)
    assert registry.run_job()(actor=ADMIN, job_id=job.id).counts == {"updated": 2}
    survivor = view(registry, ada.id)
    assert (survivor.middle_name, survivor.phone) == ("King", "+12015550188")


def test_only_one_of_several_simultaneous_merges_of_a_record_succeeds(
    registry: Container, ada: Patient, duplicate: Patient, clock: StillClock
) -> None:
    third = registry.register_patient()(actor=CLERK, **details(email="third@example.org"))
    ways = [(ada, duplicate), (duplicate, ada), (third, duplicate), (ada, third), (duplicate, third), (third, ada)]
    outcomes = together(6, lambda number: merged(registry, *ways[number]))
    assert all(isinstance(outcome, MergeResult | PatientMerged) for outcome in outcomes)
    assert sum(isinstance(outcome, MergeResult) for outcome in outcomes) == 2
    assert len({view(registry, one.id).merged_into or one.id for one in (ada, duplicate, third)}) == 1


def test_an_import_finds_the_survivor_by_the_values_of_the_merged_record(
    registry: Container, ada: Patient, duplicate: Patient
) -> None:
    merged(registry, ada, duplicate)
    content = b"first_name,last_name,email,middle_name\nAda,Byron,countess@example.org,King\n"
    job = registry.start_import()(actor=CLERK, content=lambda: [content], format=FileFormat.CSV, update=True)
    assert registry.run_job()(actor=ADMIN, job_id=job.id).counts == {"updated": 1}
    assert view(registry, ada.id).middle_name == "King"
    with pytest.raises(IdentifierTaken):
        registry.register_patient()(actor=CLERK, **details(first_name="Eve", email=None, identifiers=[MRN]))
