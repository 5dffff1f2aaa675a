import pytest

from bootstrap import Configuration, Container, in_memory_registry
from core.errors import ValidationError
from core.patients.errors import IdentifierTaken
from core.patients.fields import Changes
from core.patients.identifier_systems import DEFAULT_SYSTEMS, IdentifierSystems
from core.patients.values import Identifier
from tests.fakes import CLERK, details

NHS = "https://fhir.nhs.uk/Id/nhs-number"
SYSTEMS = IdentifierSystems.parse(
    [
        {"system": "mrn", "name": "record number", "pattern": "[A-Z]{2}[0-9]{4}"},
        {"system": NHS, "check": "gb.nhs"},
        {"system": "household", "unique": False},
    ]
)


@pytest.fixture
def registry() -> Container:
    return in_memory_registry(Configuration(secret_keys=("k" * 50,), identifier_systems=SYSTEMS))


def with_identifier(system: str, value: str, email: str = "ada@example.org") -> Changes:
    return details(email=email, identifiers=[{"system": system, "value": value}])


@pytest.mark.parametrize(
    ("system", "value"), [("mrn", "AB1234"), (NHS, "9434765870"), (NHS, "943 476 5870"), ("other", "anything")]
)
def test_a_valid_identifier_is_stored_as_entered(registry: Container, system: str, value: str) -> None:
    patient = registry.register_patient()(actor=CLERK, **with_identifier(system, value))
    assert patient.identifiers == (Identifier(system, value),)


@pytest.mark.parametrize(
    ("system", "value"), [("mrn", "AB12345"), ("mrn", "xAB1234"), (NHS, "9434765871"), (NHS, "943476587"), (NHS, "x")]
)
def test_an_invalid_identifier_of_a_system_is_refused(registry: Container, system: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        registry.register_patient()(actor=CLERK, **with_identifier(system, value))
    assert [(error.field, error.code) for error in refused.value.errors] == [("identifiers.0", "invalid")]
    assert value not in refused.value.errors[0].message


@pytest.mark.parametrize(("system", "value"), [("mrn", "AB1234"), (NHS, "9434765870")])
def test_an_identifier_of_a_unique_system_belongs_to_one_patient(registry: Container, system: str, value: str) -> None:
    registry.register_patient()(actor=CLERK, **with_identifier(system, value))
    with pytest.raises(IdentifierTaken):
        registry.register_patient()(actor=CLERK, **with_identifier(system, value, "eve@example.org"))


@pytest.mark.parametrize("system", ["household", "not-listed"])
def test_an_identifier_of_a_shared_system_may_belong_to_several(registry: Container, system: str) -> None:
    for email in ("ada@example.org", "eve@example.org"):
        registry.register_patient()(actor=CLERK, **with_identifier(system, "7", email))
    assert len(registry.search_patients()(actor=CLERK, identifier=f"{system}|7").patients) == 2


def test_by_default_only_medical_record_numbers_are_unique() -> None:
    assert DEFAULT_SYSTEMS.unique_of((Identifier("mrn", "7"), Identifier(NHS, "7"))) == (Identifier("mrn", "7"),)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {},
        ["mrn"],
        [{}],
        [{"system": ""}],
        [{"system": 5}],
        [{"system": "mrn", "unique": "no"}],
        [{"system": "mrn", "color": "red"}],
        [{"system": "mrn", "pattern": "("}],
        [{"system": "mrn", "pattern": 5}],
        [{"system": "mrn", "pattern": None}],
        [{"system": "mrn", "check": "gb.unknown"}],
        [{"system": "mrn", "check": "../os"}],
        [{"system": "mrn", "check": "exceptions"}],
        [{"system": "mrn", "check": "gb"}],
        [{"system": "mrn"}, {"system": "mrn"}],
    ],
)
def test_invalid_settings_are_refused(raw: object) -> None:
    with pytest.raises(ValueError, match=r"IDENTIFIER_SYSTEMS|identifier system|python-stdnum"):
        IdentifierSystems.parse(raw)
