from uuid import UUID

import pytest

from bootstrap import Container
from core.errors import Forbidden, ValidationError, VersionMismatch
from core.patients.entities import Patient
from core.patients.errors import PatientArchived, PatientNotFound
from core.patients.use_cases.swap import SwappedPatients
from core.patients.values import Identifier
from tests.contracts.examples import together
from tests.fakes import ADMIN, CLERK, READER, details

MRN = {"system": "mrn", "value": "1"}, {"system": "mrn", "value": "2"}
HOUSEHOLD = {"system": "household", "value": "7"}


@pytest.fixture
def pair(registry: Container) -> tuple[Patient, Patient]:
    register = registry.register_patient()
    ada = register(actor=CLERK, **details(external_id="x1", identifiers=[MRN[0], HOUSEHOLD]))
    bob = register(
        actor=CLERK,
        **details(
            first_name="Bob", email="bob@example.org", external_id="x2", identifiers=[MRN[1]], phone="+12015550123"
        ),
    )
    return ada, bob


def swap(registry: Container, pair: tuple[Patient, Patient], *fields: str, **given: object) -> SwappedPatients:
    call = {"actor": CLERK, "patient_id": pair[0].id, "other_id": pair[1].id, "fields": list(fields)} | given
    return registry.swap_values()(**call)  # type: ignore[arg-type]  # as each test gives them


@pytest.mark.parametrize("field", ["email", "external_id"])
def test_a_value_is_exchanged_and_nothing_else(registry: Container, pair: tuple[Patient, Patient], field: str) -> None:
    ada, bob = pair
    swapped = swap(registry, pair, field, reason="Mixed up.")
    for before, after, other in ((ada, swapped.patient, bob), (bob, swapped.other, ada)):
        assert registry.patients().get(before.id) == after
        assert after.to_json() == before.to_json() | {field: getattr(other, field)}
        event, _ = registry.view_history()(actor=CLERK, patient_id=before.id).events
        assert (event.version, event.fields) == (2, (field,))
        assert event.values
        assert event.values.reason == "Mixed up."
    assert registry.verify_audit()(actor=ADMIN).faults == ()


def test_identifiers_in_unique_systems_are_exchanged_and_shared_ones_stay(
    registry: Container, pair: tuple[Patient, Patient]
) -> None:
    swapped = swap(registry, pair, "identifiers")
    assert set(swapped.patient.identifiers) == {Identifier("household", "7"), Identifier("mrn", "2")}
    assert swapped.other.identifiers == (Identifier("mrn", "1"),)


def test_everything_is_exchanged_and_back(registry: Container, pair: tuple[Patient, Patient]) -> None:
    swap(registry, pair, "email", "external_id", "identifiers")
    swapped = swap(registry, pair, "email", "external_id", "identifiers")
    assert [one.to_json() for one in (swapped.patient, swapped.other)] == [one.to_json() for one in pair]
    assert (swapped.patient.version, swapped.other.version) == (3, 3)


def test_a_value_moves_to_a_record_without_one(registry: Container, pair: tuple[Patient, Patient]) -> None:
    registry.update_patient()(actor=CLERK, patient_id=pair[1].id, external_id=None)
    swapped = swap(registry, pair, "external_id")
    assert (swapped.patient.external_id, swapped.other.external_id) == (None, "x1")


def test_a_shared_email_stays_shared(registry: Container, pair: tuple[Patient, Patient]) -> None:
    registry.update_patient()(actor=CLERK, patient_id=pair[1].id, email_shared=True)
    swapped = swap(registry, pair, "email")
    assert (swapped.patient.email_shared, swapped.other.email_shared) == (True, False)


def test_equal_records_are_not_changed(registry: Container, pair: tuple[Patient, Patient]) -> None:
    for one in pair:
        registry.update_patient()(actor=CLERK, patient_id=one.id, external_id=None)
    swapped = swap(registry, pair, "external_id")
    assert (swapped.patient.version, swapped.other.version) == (2, 2)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"actor": READER}, Forbidden),
        ({"other_id": UUID(int=1)}, PatientNotFound),
        ({"expected_version": 2}, VersionMismatch),
        ({"expected_other_version": 2}, VersionMismatch),
    ],
)
def test_a_refused_swap_changes_nothing(
    registry: Container, pair: tuple[Patient, Patient], given: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        swap(registry, pair, "email", **given)
    assert [registry.patients().get(one.id) for one in pair] == list(pair)


def test_an_archived_record_keeps_its_values(registry: Container, pair: tuple[Patient, Patient]) -> None:
    for status in ("inactive", "archived"):
        registry.update_patient()(actor=CLERK, patient_id=pair[1].id, status=status)
    with pytest.raises(PatientArchived):
        swap(registry, pair, "email")
    assert registry.patients().get(pair[0].id) == pair[0]


@pytest.mark.parametrize("fields", [[], ["phone"], "email", None, ["email"] * 4])
def test_other_fields_are_refused(registry: Container, pair: tuple[Patient, Patient], fields: object) -> None:
    with pytest.raises(ValidationError) as refused:
        swap(registry, pair, fields=fields, reason="\0", other_id=pair[0].id)
    assert {error.field.partition(".")[0] for error in refused.value.errors} == {"fields", "reason", "other"}


def test_simultaneous_swaps_of_one_pair_all_finish(registry: Container, pair: tuple[Patient, Patient]) -> None:
    outcomes = together(4, lambda number: swap(registry, pair if number % 2 else (pair[1], pair[0]), "email"))
    assert [type(outcome) for outcome in outcomes] == [SwappedPatients] * 4
    assert [registry.patients().get(one.id).email for one in pair] == [one.email for one in pair]
