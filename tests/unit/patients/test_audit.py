from uuid import uuid4

from attrs import evolve
from hypothesis import given

from core.patients.audit import Action, AuditEvent, ChangedValues
from core.patients.entities import Patient
from core.patients.fields import SETTABLE, Changes
from core.patients.values import Status
from tests import strategies
from tests.fakes import CLERK, NOW, anything, details
from tests.strategies import RULES


def registered(**given: object) -> Patient:
    return Patient.register(uuid4(), NOW, RULES, **details(**given))


def event(before: Patient | None, after: Patient, salt: str = "salt") -> AuditEvent:
    return AuditEvent.of(Action.UPDATED, CLERK, NOW, salt, before=before, after=after)


def values_of(event: AuditEvent) -> ChangedValues:
    assert event.values is not None
    return event.values


def test_an_event_holds_actor_action_time_and_request() -> None:
    patient = registered()
    recorded = AuditEvent.of(Action.REGISTERED, CLERK, NOW, "salt", before=None, after=patient)
    assert (recorded.patient_id, recorded.version, recorded.at, recorded.action) == (
        patient.id,
        1,
        NOW,
        Action.REGISTERED,
    )
    assert (recorded.actor, recorded.request_id) == (CLERK.name, CLERK.request_id)


def test_the_first_event_holds_every_given_value() -> None:
    recorded = event(None, registered(phone="+12015550123", external_id="x7"))
    after = registered(phone="+12015550123", external_id="x7").to_json()
    assert set(recorded.fields) == {name for name in SETTABLE if after[name] not in (None, False, [])}
    assert values_of(recorded).before == {}
    assert values_of(recorded).after["phone"] == "+12015550123"
    assert "phone" not in event(None, registered()).fields


@given(strategies.patients(), strategies.changes())
def test_an_event_holds_only_the_changed_fields(patient: Patient, changes: Changes) -> None:
    rest = {name: value for name, value in changes.items() if name != "status"}
    before = evolve(patient, status=Status.INACTIVE)
    after = before.changed(NOW, RULES, **anything(**rest))
    recorded = event(before, after)
    assert set(recorded.fields) == {name for name in SETTABLE if getattr(before, name) != getattr(after, name)}
    assert values_of(recorded).before == {name: before.to_json()[name] for name in recorded.fields}
    assert values_of(recorded).after == {name: after.to_json()[name] for name in recorded.fields}
    assert recorded.version == after.version


@given(strategies.patients())
def test_the_digest_proves_the_values(patient: Patient) -> None:
    recorded = event(None, patient)
    held = values_of(recorded)
    assert recorded.digest == ChangedValues({}, dict(reversed(list(held.after.items()))), held.salt).digest
    forged = ChangedValues(held.before, {**held.after, "first_name": f"{patient.first_name}x"}, held.salt)
    assert recorded.digest != forged.digest
    assert recorded.digest != ChangedValues({"first_name": patient.first_name}, held.after, held.salt).digest


def test_the_digest_is_salted() -> None:
    patient = registered()
    assert event(None, patient, "salt").digest != event(None, patient, "pepper").digest


def test_the_event_of_an_erasure_holds_no_values_and_the_next_version() -> None:
    patient = evolve(registered(), version=4)
    recorded = AuditEvent.erased(CLERK, NOW, patient)
    assert (recorded.patient_id, recorded.version, recorded.action) == (patient.id, 5, Action.ERASED)
    assert (recorded.actor, recorded.request_id, recorded.at) == (CLERK.name, CLERK.request_id, NOW)
    assert (recorded.fields, recorded.values, recorded.digest) == ((), None, "")


def test_repr_hides_values() -> None:
    assert "Ada" not in repr(event(None, registered(first_name="Ada")))
