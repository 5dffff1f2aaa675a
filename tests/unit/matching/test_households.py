"""People of one household share much, but are not one person."""

import pytest
from attrs import evolve

from core.matching.details import PersonDetails
from core.matching.scoring import Grade
from core.matching.weights import Agreement, Field
from core.patients.dates import PartialDate
from core.patients.values import Identifier, Sex
from tests.unit.matching.people import ADA, match, ssn

SIZES = (1, 10_000, 1_000_000)
MRN = (Identifier("mrn", "100041"),)
NEXT_MRN = (Identifier("mrn", "100042"),)
TWINS = {
    "alike": (evolve(ADA, first_name="Marie"), evolve(ADA, first_name="Maria")),
    "a nickname of one another": (evolve(ADA, first_name="Anna"), evolve(ADA, first_name="Anne")),
    "registered one after the other": (
        evolve(ADA, first_name="Marie", identifiers=MRN),
        evolve(ADA, first_name="Maria", identifiers=NEXT_MRN),
    ),
    "with day and month swapped in one record": (
        evolve(ADA, first_name="Marie"),
        evolve(ADA, first_name="Maria", date_of_birth=PartialDate("1985-10-12")),
    ),
    "with an insurance number of the family": (
        evolve(ADA, identifiers=ssn("536-22-8145")),
        evolve(ADA, first_name="Grace", identifiers=ssn("536-22-8145")),
    ),
    "newborn without names": (
        evolve(ADA, first_name="Baby Girl A", identifiers=ssn("536-22-8145")),
        evolve(ADA, first_name="Baby Girl B", identifiers=ssn("536-22-8145")),
    ),
    "known by initials": (
        evolve(ADA, first_name="A", identifiers=ssn("536-22-8145")),
        evolve(ADA, first_name="Anna", identifiers=ssn("536-22-8145")),
    ),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", TWINS)
def test_twins_are_possible_and_not_certain(kind: str, size: int) -> None:
    assert match(*TWINS[kind], size).grade is Grade.POSSIBLE


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("mate", "grade"),
    [
        (evolve(ADA, first_name="Grace", date_of_birth=PartialDate("1988-05-03")), Grade.UNLIKELY),
        (evolve(ADA, first_name="William", date_of_birth=PartialDate("1981-02-21"), sex=Sex.MALE), Grade.UNLIKELY),
        (evolve(ADA, first_name="Adam", date_of_birth=PartialDate("1988-05-03"), sex=Sex.MALE), Grade.UNLIKELY),
        (evolve(ADA, date_of_birth=PartialDate("1960-05-03")), Grade.POSSIBLE),
    ],
    ids=["sister", "spouse", "brother with a similar name", "mother with the same name"],
)
def test_household_mates_are_not_certain(mate: PersonDetails, grade: Grade, size: int) -> None:
    assert match(ADA, mate, size).grade is grade


@pytest.mark.parametrize("size", SIZES)
def test_a_second_record_of_one_person_is_certain(size: int) -> None:
    assert match(ADA, ADA, size).grade is Grade.CERTAIN
    moved = evolve(ADA, addresses=(), last_name="Lovelase")
    assert match(ADA, moved, size).grade is Grade.CERTAIN


def test_the_explanation_names_what_a_household_would_share() -> None:
    family = match(ADA, evolve(ADA, first_name="Grace")).evidence[-1]
    assert (family.field, family.agreement) == (Field.HOUSEHOLD, Agreement.SHARED)
    assert family.weight < -30
    strangers = match(ADA, PersonDetails(first_name="Grace", last_name="Hopper")).evidence[-1]
    assert (strangers.field, strangers.agreement) == (Field.HOUSEHOLD, Agreement.NOT_SHARED)
    assert abs(strangers.weight) < 0.01
