"""A person to compare, and how one field agrees."""

from typing import Any

from core.matching.comparable import comparable
from core.matching.comparison import compare
from core.matching.details import PersonDetails
from core.matching.scoring import Match, score
from core.matching.weights import Agreement, Field
from core.patients.dates import PartialDate
from core.patients.demographics import Address, NameUse, OtherName
from core.patients.values import Identifier, Sex

ADA = PersonDetails(
    first_name="Ada",
    last_name="Lovelace",
    date_of_birth=PartialDate("1985-12-10"),
    sex=Sex.FEMALE,
    phones=("+12015550123",),
    emails=("ada@mail.example",),
    addresses=(Address(lines=("12 Oak Street",), city="Salem", postal_code="97301"),),
)


def match(a: PersonDetails, b: PersonDetails, registry_size: int = 100_000) -> Match:
    return score(comparable(a), comparable(b), registry_size=registry_size)


def agreement(field: Field, a: dict[str, Any], b: dict[str, Any]) -> Agreement:
    return compare(comparable(PersonDetails(**a)), comparable(PersonDetails(**b)))[field]


def maiden(last_name: str) -> OtherName:
    return OtherName(use=NameUse.MAIDEN, last_name=last_name)


def ssn(value: str) -> tuple[Identifier, ...]:
    return (Identifier("ssn", value),)
