"""Finding likely duplicates, and refusing to register a person who certainly has a record."""

from functools import partial

import pytest

from bootstrap import Configuration, Container
from core.access import Actor, Permission
from core.errors import Unavailable, ValidationError
from core.files import FileFormat
from core.matching.entities import Candidate
from core.matching.errors import PossibleDuplicate
from core.matching.scoring import Grade
from core.patients.entities import Patient
from core.patients.errors import EmailTaken
from core.patients.fields import Changes
from tests.contracts.conftest import MEMORY, POSTGRES, SQLITE, open_registry
from tests.contracts.examples import together
from tests.fakes import ADMIN, CLERK, ScriptedGateway, StillClock, anything, details, equip

CONFIGURATION = Configuration(secret_keys=("k" * 50,))
WITHOUT_VIEW = Actor("service:kiosk", frozenset({Permission.REGISTER_PATIENTS}), "request")
HOME = {"lines": ["12 St James's Square"], "city": "London", "postal_code": "SW1Y 4JH"}


@pytest.fixture
def registry(database: str, clock: StillClock, gateway: ScriptedGateway) -> Container:
    return equip(open_registry(database, configuration=CONFIGURATION), clock, gateway)


@pytest.fixture
def ada(registry: Container) -> Patient:
    return registry.register_patient()(
        actor=CLERK,
        **details(
            phone="+12015550123", addresses=[HOME], identifiers=[{"system": "urn:insurance", "value": "A7-53101"}]
        ),
    )


def found(registry: Container, **given: object) -> list[Candidate]:
    return list(registry.match_patients()(actor=CLERK, **anything(**given)).found)


def test_a_certain_duplicate_is_refused_and_the_record_named(registry: Container, ada: Patient) -> None:
    with pytest.raises(PossibleDuplicate) as refused:
        registry.register_patient()(actor=CLERK, **details(email=None))
    (candidate,) = refused.value.candidates
    assert (candidate.patient, candidate.match.grade) == (ada, Grade.CERTAIN)
    assert sum(line.weight for line in candidate.match.evidence) == pytest.approx(candidate.match.score)
    assert registry.patient_listing().list_oldest_first(after=None, limit=9) == (ada,)


def test_the_record_is_not_named_without_permission_to_view_patients(registry: Container, ada: Patient) -> None:
    with pytest.raises(PossibleDuplicate) as refused:
        registry.register_patient()(actor=WITHOUT_VIEW, **details(email=None))
    assert refused.value.candidates == ()


def test_a_unique_value_of_another_patient_is_the_first_conflict(registry: Container, ada: Patient) -> None:
    with pytest.raises(EmailTaken):
        registry.register_patient()(actor=CLERK, **details())


def test_a_reason_overrides_the_check_and_stays_in_the_history_until_erasure(registry: Container, ada: Patient) -> None:
    register = partial(registry.register_patient(), actor=CLERK, **details(email="twin@mail.example"))
    other = register(override_reason=" A cousin of the same name. ")
    (event,) = registry.view_history()(actor=CLERK, patient_id=other.id).events
    assert event.values
    assert event.values.reason == "A cousin of the same name."
    registry.erase_patient()(actor=ADMIN, patient_id=other.id)
    assert all(not event.values for event in registry.view_history()(actor=CLERK, patient_id=other.id).events)


@pytest.mark.parametrize("reason", ["", " ", 7, "x" * 501, "a\0b"])
def test_a_reason_is_a_line_of_text(registry: Container, ada: Patient, reason: object) -> None:
    with pytest.raises(ValidationError) as invalid:
        registry.register_patient()(actor=CLERK, override_reason=reason, **details(email="a@mail.example", sex="yes"))
    assert [error.field for error in invalid.value.errors] == ["override_reason", "sex"]


@pytest.mark.parametrize(
    "given",
    [
        {"identifiers": [{"system": "urn:insurance", "value": "a7 53101"}]},
        {"email": "ADA@example.org"},
        {"phone": "(201) 555-0123", "first_name": "Ada"},
        {"date_of_birth": "1985-12-10", "first_name": "Ada"},
        {"first_name": "Byron", "last_name": "Ada", "date_of_birth": "1985-12-10"},
        {"first_name": "Ada", "addresses": [HOME | {"postal_code": None}]},
    ],
)
def test_any_identifying_details_find_a_patient(registry: Container, ada: Patient, given: dict[str, object]) -> None:
    other = details(first_name="Eve", last_name="King", email="eve@example.org", date_of_birth="1990-02-03")
    registry.register_patient()(actor=CLERK, **other)
    assert [candidate.patient for candidate in found(registry, **given)] == [ada]


@pytest.mark.parametrize("given", [{}, {"first_name": "Ada"}, {"sex": "female"}, {"date_of_birth": "1985"}])
def test_details_that_do_not_identify_a_person_are_refused(registry: Container, given: Changes) -> None:
    with pytest.raises(ValidationError):
        registry.match_patients()(actor=CLERK, **given)


def test_a_changed_record_is_found_by_its_new_details_only(registry: Container, ada: Patient) -> None:
    registry.update_patient()(actor=CLERK, patient_id=ada.id, email="countess@example.org", phone=None)
    assert not found(registry, email="ada@example.org")
    assert [candidate.patient.id for candidate in found(registry, email="countess@example.org")] == [ada.id]


def test_an_erased_patient_is_not_found(registry: Container, ada: Patient) -> None:
    registry.erase_patient()(actor=ADMIN, patient_id=ada.id)
    assert not found(registry, email="ada@example.org")
    registry.register_patient()(actor=CLERK, **details(email=None))


def test_an_imported_patient_is_found(registry: Container) -> None:
    content = b"first_name,last_name,email,date_of_birth\nEve,King,eve@example.org,1990-01-02\n"
    job = registry.start_import()(actor=CLERK, content=lambda: [content], format=FileFormat.CSV)
    registry.run_job()(actor=ADMIN, job_id=job.id)
    assert [one.patient.full_name for one in found(registry, email="eve@example.org")] == ["Eve King"]


def test_a_detail_shared_by_many_patients_alone_makes_no_candidates(registry: Container) -> None:
    register = registry.register_patient()
    for number in range(66):
        register(actor=CLERK, first_name=f"Q{number}x", last_name=f"Z{number}y", phone="+12015550123")
    late = register(actor=CLERK, first_name="Ada", last_name="Byron", phone="+12015550123")
    by_phone = registry.match_patients()(actor=CLERK, phone="+12015550123", first_name="Ada", last_name="Byron")
    assert [candidate.patient for candidate in by_phone.found] == [late]
    assert by_phone.cut_keys == ("phone",)


@pytest.mark.parametrize("database", [MEMORY, SQLITE, POSTGRES])
def test_fifty_simultaneous_registrations_of_one_person_add_one_patient(database: str) -> None:
    registry = open_registry(database, configuration=CONFIGURATION)
    register = registry.register_patient()
    outcomes = together(50, lambda number: register(actor=CLERK, **details(email=None, external_id=f"x{number}")))
    assert sum(isinstance(outcome, Patient) for outcome in outcomes) == 1
    assert all(isinstance(outcome, Patient | PossibleDuplicate | Unavailable) for outcome in outcomes)
    with pytest.raises(PossibleDuplicate):
        register(actor=CLERK, **details(email=None))
