from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from attrs import evolve, exceptions
from hypothesis import assume, given

from core.errors import ValidationError
from core.patients.dates import PartialDate
from core.patients.entities import Patient
from core.patients.errors import PatientArchived, StatusMoveRefused
from core.patients.fields import LISTS, SETTABLE, Changes
from core.patients.values import SETTABLE_STATUSES, Identifier, Sex, Status
from tests import strategies
from tests.fakes import NOW, anything, details
from tests.strategies import RULES, TODAY

LATER = NOW + timedelta(hours=1)


def registered(**given: object) -> Patient:
    return Patient.register(uuid4(), NOW, RULES, **details(**given))


def errors(refused: pytest.ExceptionInfo[ValidationError]) -> dict[str, str]:
    return {error.field: error.code for error in refused.value.errors}


@pytest.mark.parametrize("names", [{}, {"first_name": None, "last_name": None}, {"middle_name": "Ada"}])
def test_a_registration_needs_a_first_or_a_last_name(names: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        Patient.register(uuid4(), NOW, RULES, **anything(**names))
    assert errors(refused) == {"first_name": "required"}


@pytest.mark.parametrize("name", ["first_name", "last_name"])
def test_one_name_is_enough_and_the_last_one_cannot_be_removed(name: str) -> None:
    patient = Patient.register(uuid4(), NOW, RULES, **anything(**{name: "Suharto"}))
    assert (patient.full_name, patient.email, patient.date_of_birth, patient.age_on(TODAY)) == (
        "Suharto",
        None,
        None,
        None,
    )
    with pytest.raises(ValidationError) as refused:
        patient.changed(LATER, RULES, **anything(**{name: None}))
    assert errors(refused) == {"first_name": "required"}


def test_missing_fields_have_their_default() -> None:
    patient = registered()
    assert (patient.phone, patient.sex, patient.identifiers) == (None, Sex.UNKNOWN, ())
    assert (patient.status, patient.version, patient.last_synced_at) == (Status.ACTIVE, 1, None)
    assert patient.external_id is None
    assert patient.created_at == patient.updated_at == NOW


def test_every_error_of_a_registration_is_reported_at_once() -> None:
    broken = details(
        first_name=5,
        last_name=" ",
        email="ada",
        phone="12",
        date_of_birth=TODAY + timedelta(1),
        sex="f",
        identifiers=[{"system": "a b", "value": ""}, {}, {"system": "mrn", "value": "7"}],
        external_id="..",
        status="dead",
        version=3,
    )
    with pytest.raises(ValidationError) as refused:
        Patient.register(uuid4(), NOW, RULES, **broken)
    assert errors(refused) == {
        "first_name": "type",
        "last_name": "blank",
        "email": "invalid",
        "phone": "invalid",
        "date_of_birth": "future",
        "sex": "choice",
        "identifiers.0.system": "characters",
        "identifiers.0.value": "blank",
        "identifiers.1.system": "required",
        "identifiers.1.value": "required",
        "external_id": "characters",
        "status": "choice",
        "version": "unknown",
    }


NOT_NULL = {"email_shared", "date_of_birth_estimated", "deceased", "sex", "status"} | set(LISTS)


@pytest.mark.parametrize("field", SETTABLE)
def test_lists_choices_and_booleans_are_never_null(field: str) -> None:
    if field in NOT_NULL:
        with pytest.raises(ValidationError) as refused:
            registered(**{field: None})
        assert set(errors(refused)) == {field}
    else:
        assert registered(**{field: None}).to_json()[field] is None


@pytest.mark.parametrize(
    "field", ["id", "version", "last_synced_at", "created_at", "updated_at", "full_name", "age", "x"]
)
def test_a_read_only_field_is_an_unknown_field(field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        registered().changed(LATER, RULES, **anything(**{field: "7"}))
    assert errors(refused) == {field: "unknown"}


@pytest.mark.parametrize("field", ["self", "cls", "new_id", "now", "rules"])
def test_an_unknown_field_may_have_any_name(field: str) -> None:
    with pytest.raises(ValidationError) as registering:
        Patient.register(uuid4(), NOW, RULES, **anything(**details(), **{field: "7"}))
    with pytest.raises(ValidationError) as changing:
        registered().changed(LATER, RULES, **anything(**{field: "7"}))
    assert errors(registering) == errors(changing) == {field: "unknown"}


@given(strategies.patients())
def test_setting_current_values_changes_nothing(patient: Patient) -> None:
    same = {name: getattr(patient, name) for name in SETTABLE}
    assert patient.changed(LATER, RULES, **anything(**same)) is patient
    assert patient.changed(LATER, RULES, **anything(**patient.to_json())) is patient
    assert patient.changed(LATER, RULES) is patient


def test_an_unchanged_record_is_accepted_after_the_rules_changed() -> None:
    older = evolve(registered(), phone="+447700900123", date_of_birth=PartialDate("1850-01-01"))
    after = older.changed(LATER, RULES, **anything(**older.to_json() | {"first_name": "Eve"}))
    assert (after.first_name, after.phone, after.version) == ("Eve", "+447700900123", 2)
    with pytest.raises(ValidationError):
        older.changed(LATER, RULES, phone="+447700900124")


def test_an_external_id_can_be_removed() -> None:
    assert registered(external_id="x7").changed(LATER, RULES, external_id=None).external_id is None


@given(strategies.patients(), strategies.changes())
def test_a_change_increments_the_version_and_changes_nothing_else(patient: Patient, changes: Changes) -> None:
    try:
        after = patient.changed(LATER, RULES, **changes)
    except (PatientArchived, StatusMoveRefused):
        assume(False)
        raise
    if after is not patient:
        assert (after.version, after.updated_at) == (patient.version + 1, LATER)
    for name in set(SETTABLE) - set(changes):
        assert getattr(after, name) == getattr(patient, name)
    kept = ("id", "created_at", "last_synced_at")
    assert [getattr(after, name) for name in kept] == [getattr(patient, name) for name in kept]
    assert after.changed(LATER, RULES, **changes) is after


@pytest.mark.parametrize("before", SETTABLE_STATUSES)
@pytest.mark.parametrize("after", SETTABLE_STATUSES)
def test_status_moves_between_active_and_inactive_and_between_inactive_and_archived(
    before: Status, after: Status
) -> None:
    patient = registered(status=before)
    neighbours = [{Status.ACTIVE, Status.INACTIVE}, {Status.INACTIVE, Status.ARCHIVED}, {before}]
    if {before, after} in neighbours:
        assert patient.changed(LATER, RULES, status=after).status is after
    else:
        with pytest.raises(StatusMoveRefused, match=f"from {before} to {after}"):
            patient.changed(LATER, RULES, status=after)


@given(strategies.patients(), strategies.changes())
def test_an_archived_record_accepts_only_a_move_to_inactive(patient: Patient, changes: Changes) -> None:
    archived, inactive = evolve(patient, status=Status.ARCHIVED), evolve(patient, status=Status.INACTIVE)
    changes.pop("status", None)
    if inactive.changed(LATER, RULES, **changes) is inactive:
        assert archived.changed(LATER, RULES, **changes) is archived
        return
    with pytest.raises(PatientArchived):
        archived.changed(LATER, RULES, **changes)
    with pytest.raises(PatientArchived):
        archived.changed(LATER, RULES, **changes | Changes(status="inactive"))


def test_an_archived_record_made_inactive_accepts_changes_again() -> None:
    archived = registered(status="archived")
    assert archived.changed(LATER, RULES, status="inactive").changed(LATER, RULES, first_name="Eve").first_name == "Eve"


def test_only_an_archived_record_is_refused_as_archived() -> None:
    registered(status="active").ensure_not_archived()
    registered(status="inactive").ensure_not_archived()
    with pytest.raises(PatientArchived):
        registered(status="archived").ensure_not_archived()


def test_full_name_and_age_follow_from_the_record() -> None:
    patient = registered(first_name="Ada", last_name="Byron", date_of_birth="1985-12-10")
    assert patient.full_name == "Ada Byron"
    assert (patient.age_on(datetime(2025, 12, 9, tzinfo=UTC).date()), patient.age_on(TODAY)) == (39, 40)


def test_age_stops_at_death_and_is_unknown_without_its_date() -> None:
    patient = registered(date_of_birth="1985-12-10", deceased="2020-12-10")
    assert patient.age_on(TODAY) == 35
    assert registered(date_of_birth="1985-12-10", deceased="2020").age_on(TODAY) is None
    assert registered(date_of_birth="1985-12-10", deceased=True).age_on(TODAY) is None


def test_a_death_before_birth_is_refused() -> None:
    assert registered(date_of_birth="1985-12-10", deceased="1985").deceased == PartialDate("1985")
    with pytest.raises(ValidationError) as refused:
        registered(date_of_birth="1985-12-10", deceased="1985-11")
    assert errors(refused) == {"deceased": "before_birth"}
    with pytest.raises(ValidationError) as refused:
        registered(deceased="1990").changed(LATER, RULES, date_of_birth="1991-01-01")
    assert errors(refused) == {"deceased": "before_birth"}


def test_a_child_born_tomorrow_in_another_time_zone_is_0_years_old() -> None:
    child = registered(date_of_birth=TODAY)
    assert child.age_on(TODAY - timedelta(days=1)) == 0


def test_repr_of_a_patient_is_its_id() -> None:
    patient = evolve(registered(identifiers=[Identifier("mrn", "7")]), id=UUID(int=7))
    assert repr(patient) == str(patient) == f"<Patient {UUID(int=7)}>"


def test_a_patient_is_never_changed_in_place() -> None:
    with pytest.raises(exceptions.FrozenInstanceError):
        registered().first_name = "Eve"  # type: ignore[misc]
