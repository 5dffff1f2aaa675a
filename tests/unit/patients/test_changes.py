import pytest

from bootstrap import Container
from core.errors import ValidationError
from core.patients.audit import Action
from tests.fakes import ADMIN, CLERK, READER, details


def test_every_change_and_erasure_is_in_the_feed_with_its_actor_and_fields(registry: Container) -> None:
    patient = registry.register_patient()(actor=CLERK, **details())
    registry.update_patient()(actor=CLERK, patient_id=patient.id, first_name="Augusta", phone="+12015550123")
    registry.erase_patient()(actor=ADMIN, patient_id=patient.id)
    _, updated, erased = registry.follow_changes()(actor=READER).changes
    assert (updated.patient_id, updated.version, updated.action) == (patient.id, 2, Action.UPDATED)
    assert (updated.actor, updated.request_id, updated.fields) == (
        CLERK.name, CLERK.request_id, ("first_name", "phone"),
    )  # fmt: skip
    assert (erased.patient_id, erased.version, erased.action) == (patient.id, 3, Action.ERASED)


def test_an_update_without_effect_is_not_in_the_feed(registry: Container) -> None:
    patient = registry.register_patient()(actor=CLERK, **details())
    registry.update_patient()(actor=CLERK, patient_id=patient.id, first_name=patient.first_name)
    assert len(registry.follow_changes()(actor=READER).changes) == 1


def test_every_page_has_a_position_to_continue_after(registry: Container) -> None:
    follow = registry.follow_changes()
    empty = follow(actor=READER)
    assert (empty.changes, follow(actor=READER, after=empty.next)) == ((), empty)
    registry.register_patient()(actor=CLERK, **details())
    page = follow(actor=READER, after=empty.next)
    assert len(page.changes) == 1
    end = follow(actor=READER, after=page.next)
    assert (end.changes, end.next) == ((), page.next)


@pytest.mark.parametrize("limit", [0, 201])
def test_an_invalid_limit_is_refused(registry: Container, limit: int) -> None:
    with pytest.raises(ValidationError):
        registry.follow_changes()(actor=READER, limit=limit)
