"""Everything that the registry has about a patient, in one document."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from bootstrap import Container
from core.access import Actor, Role
from core.access_log.entities import AccessAction
from core.errors import Forbidden
from core.patients.entities import Patient
from core.patients.errors import PatientMerged, PatientNotFound
from tests.fakes import ADMIN, CLERK, READER, ScriptedGateway, StillClock, details


@pytest.fixture
def ada(registry: Container, gateway: ScriptedGateway) -> Patient:
    """With a history, a merged record, a pair and a snapshot."""
    register = registry.register_patient()
    ada = register(actor=CLERK, **details(external_id="x1"))
    twin = register(actor=CLERK, **details(email="twin@example.org", phone="+12015550123"))
    register(actor=CLERK, **details(email="other@example.org"))
    gateway.answer = {"last_name": "King"}
    registry.sync_patient()(actor=CLERK, patient_id=ada.id)
    pairs = registry.list_duplicates()(actor=CLERK).pairs
    registry.decide_duplicate()(actor=CLERK, pair_id=pairs[0].id, decision="different", reason="Cousins.")
    registry.merge_patients()(actor=CLERK, patient_id=ada.id, other_id=twin.id, reason="One person.")
    registry.view_patient()(actor=READER, patient_id=twin.id)
    list(registry.export_patients()(actor=CLERK))
    return registry.view_patient()(actor=READER, patient_id=ada.id)


def export(registry: Container, patient_id: UUID, actor: Actor = ADMIN) -> dict[str, Any]:
    return orjson.loads(b"".join(registry.export_subject_access()(actor=actor, patient_id=patient_id)))


def test_the_document_has_the_record_and_everything_about_it(registry: Container, ada: Patient) -> None:
    found = export(registry, ada.id)
    assert found["patient"].items() >= ada.to_json().items()
    (twin,) = found["merged_records"]
    assert (twin["email"], twin["status"]) == ("twin@example.org", "merged")
    assert [(one["patient_id"], one["values"]) for one in found["upstream"]] == [(str(ada.id), {"last_name": "King"})]
    assert [(one["patient_id"], one["version"], one["action"], one["reason"]) for one in found["history"]] == [
        (str(ada.id), 3, "merged", "One person."),
        (str(ada.id), 2, "synced", None),
        (str(ada.id), 1, "registered", None),
        (twin["id"], 2, "merged", "One person."),
        (twin["id"], 1, "registered", None),
    ]
    assert found["history"][1]["before"] == {"last_name": "Byron"}
    assert {one["other_id"] for one in found["merges"]} == {twin["id"]}
    assert "Cousins." in {one["reason"] for one in found["possible_duplicates"]}
    seen = [(one["patient_id"], one["actor"]) for one in found["accesses"] if one["action"] == "patient_viewed"]
    assert seen == [(str(ada.id), READER.name), (twin["id"], READER.name)]
    assert [one["actor"] for one in found["exports_of_all_patients"]] == [CLERK.name]


def test_long_lists_are_read_page_by_page(registry: Container, ada: Patient) -> None:
    (merge,) = registry.list_merges()(actor=CLERK, patient_id=ada.id).items
    registry.undo_merge()(actor=CLERK, merge_id=merge.id)
    registry.merge_patients()(actor=CLERK, patient_id=ada.id, other_id=merge.other_id)
    whole = export(registry, ada.id)
    whole["accesses"] = _by_others(whole["accesses"])
    registry.subject_access_sections.add_kwargs(page_size=1)
    registry.subject_access_sections.reset()
    registry.export_subject_access.reset()
    again = export(registry, ada.id)
    again["accesses"] = _by_others(again["accesses"])
    for name, count in {"history": 9, "merges": 4, "accesses": len(whole["accesses"])}.items():
        assert len(again[name]) == count
        assert again[name] == whole[name]


def _by_others(accesses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in accesses if one["action"] != AccessAction.SUBJECT_ACCESS]


def test_a_patient_without_events_gives_empty_lists(registry: Container) -> None:
    alone = registry.register_patient()(actor=CLERK, **details())
    found = export(registry, alone.id)
    names = ("merged_records", "upstream", "merges", "possible_duplicates", "exports_of_all_patients")
    assert [found[name] for name in names] == [[]] * 5


def test_actors_have_the_names_that_the_caller_may_see(registry: Container, clock: StillClock) -> None:
    grace = registry.create_user()(
        actor=ADMIN, email="grace@clinic.example", password="correct horse battery", role=Role.CLERK
    )
    clock.forward(timedelta(seconds=1))
    one = registry.register_patient()(actor=Actor.user(grace.id, Role.CLERK, "r"), **details())
    assert [event["actor_name"] for event in export(registry, one.id)["history"]] == ["grace@clinic.example"]


def test_the_export_is_an_access_to_each_record(registry: Container, ada: Patient) -> None:
    registry.export_subject_access()(actor=ADMIN, patient_id=ada.id)  # recorded before anything is read
    entries = registry.list_accesses()(actor=ADMIN, filters={"action": AccessAction.SUBJECT_ACCESS}).entries
    assert len({entry.patient_id for entry in entries}) == 2


def test_only_admins_export_and_only_the_surviving_record(registry: Container, ada: Patient) -> None:
    with pytest.raises(Forbidden):
        export(registry, ada.id, CLERK)
    twin = registry.list_merges()(actor=CLERK, patient_id=ada.id).items[0].other_id
    with pytest.raises(PatientMerged) as merged:
        export(registry, twin)
    assert merged.value.survivor == ada.id
    registry.erase_patient()(actor=ADMIN, patient_id=ada.id)
    with pytest.raises(PatientNotFound):
        export(registry, ada.id)
