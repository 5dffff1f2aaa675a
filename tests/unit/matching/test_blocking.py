from typing import Any

import pytest
from attrs import evolve

from core.matching.blocking import MAX_BLOCKING_KEYS, BlockingKey, KeyKind, blocking_keys
from core.matching.comparable import comparable
from core.matching.details import PersonDetails
from core.patients.dates import PartialDate
from core.patients.demographics import Address
from tests.unit.matching.largest import LARGEST
from tests.unit.matching.people import ADA, maiden, ssn

SALEM = {"addresses": (Address(city="Salem", postal_code="97301"),)}
OAK_STREET = Address(lines=("12 Oak Street",), postal_code="97301")


def keys(details: PersonDetails) -> tuple[BlockingKey, ...]:
    return blocking_keys(comparable(details))


def shared(a: dict[str, Any], b: dict[str, Any]) -> set[KeyKind]:
    return {key.kind for key in set(keys(PersonDetails(**a))) & set(keys(PersonDetails(**b)))}


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        (KeyKind.IDENTIFIER, {"identifiers": ssn("536-22-8145")}, {"identifiers": ssn("536 22 8145")}),
        (KeyKind.EMAIL, {"emails": ("ada@mail.example",)}, {"emails": ("eve@mail.example", "ada@mail.example")}),
        (KeyKind.PHONE, {"phones": ("+12015550123",)}, {"phones": ("+12015550199", "+12015550123")}),
        (
            KeyKind.NAME_AND_BIRTH_DATE,
            {"first_name": "Ada", "date_of_birth": PartialDate("1985-12-10")},
            {"first_name": "Augusta", "date_of_birth": PartialDate("1985-12-10")},
        ),
        (
            KeyKind.NAME_AND_BIRTH_DATE,
            {"last_name": "King", "date_of_birth": PartialDate("1985-12-10"), "other_names": (maiden("Byron"),)},
            {"last_name": "Byron", "date_of_birth": PartialDate("1985-12-10")},
        ),
        (KeyKind.NAMES, {"first_name": "Zoë", "last_name": "King"}, {"first_name": "Zoe", "last_name": "King"}),
        (KeyKind.NAMES, {"first_name": "Wei", "last_name": "Zhang"}, {"first_name": "Zhang", "last_name": "Wei"}),
        (
            KeyKind.NAMES,
            {"first_name": "Ada", "last_name": "King", "other_names": (maiden("Byron"),)},
            {"first_name": "Ada", "last_name": "Byron"},
        ),
        (
            KeyKind.NAMES,
            {"first_name": "Augusta", "middle_name": "Ada", "last_name": "King"},
            {"first_name": "Ada", "last_name": "King"},
        ),
        (
            KeyKind.NAME_AND_POSTAL_CODE,
            {"first_name": "Robert", "addresses": (Address(postal_code="97301"),)},
            {"last_name": "Rupert", "addresses": (Address(postal_code="97310"),)},
        ),
        (
            KeyKind.NAME_AND_POSTAL_CODE,
            {"first_name": "Robert", "last_name": "King", "addresses": (Address(postal_code="97301"),)},
            {"first_name": "Kent", "last_name": "Rupert", "addresses": (Address(postal_code="97310"),)},
        ),
    ],
)
def test_people_with_one_value_in_common_share_its_key(kind: KeyKind, a: dict[str, Any], b: dict[str, Any]) -> None:
    assert shared(a, b) == {kind}


def test_neighbours_with_one_name_in_common_share_no_key() -> None:
    assert not shared(
        {"first_name": "Ada", "last_name": "King", **SALEM}, {"first_name": "Ada", "last_name": "Ng", **SALEM}
    )


def test_people_at_one_address_share_its_keys() -> None:
    in_boston = Address(lines=("12 Oak St",), city="Boston")
    other_house = Address(lines=("7 Oak St",), postal_code="97301")
    assert shared({"addresses": (OAK_STREET,)}, {"addresses": (in_boston,)}) == {KeyKind.HOUSE}
    assert shared({"addresses": (OAK_STREET,)}, {"addresses": (other_house,)}) == {KeyKind.STREET_AND_POSTAL_CODE}


@pytest.mark.parametrize(
    "details",
    [
        {"identifiers": ssn("000-00-0000")},
        {"emails": ("noreply@mail.example",)},
        {"phones": ("+12015555555",)},
        {"first_name": "Ada", "date_of_birth": PartialDate("1900-01-01")},
        {"first_name": "Ada", "date_of_birth": PartialDate("1985-01-01")},
        {"first_name": "Ada", "date_of_birth": PartialDate("1985-12")},
        {"first_name": "Baby Boy", "date_of_birth": PartialDate("1985-12-10")},
        {"first_name": "Baby Boy", "last_name": "King"},
        {"first_name": "Ada", "last_name": "Unknown"},
        {"first_name": "A", "last_name": "King"},
        {"first_name": "Unknown", **SALEM},
        {"first_name": "42", **SALEM},
        {"first_name": "Ada", "addresses": (Address(lines=("homeless",), postal_code="00000"),)},
        {"addresses": (Address(lines=("12 St",), postal_code="97301"),)},
    ],
)
def test_common_values_make_no_key(details: dict[str, Any]) -> None:
    assert keys(PersonDetails(**details)) == ()


def test_equal_values_of_different_kinds_make_different_keys() -> None:
    by_kind: dict[KeyKind, set[bytes]] = {}
    for key in keys(evolve(ADA, identifiers=ssn("536-22-8145"))):
        by_kind.setdefault(key.kind, set()).add(key.digest)
    assert set(by_kind) == set(KeyKind)
    assert sum(map(len, by_kind.values())) == len(set().union(*by_kind.values()))


def test_the_largest_record_keeps_its_most_selective_keys() -> None:
    found = keys(LARGEST)
    assert len(found) == len(set(found)) == MAX_BLOCKING_KEYS
    order = list(KeyKind)
    assert [key.kind for key in found] == sorted((key.kind for key in found), key=order.index)


def test_keys_are_the_same_in_every_process() -> None:
    """They are stored."""
    (key,) = keys(PersonDetails(emails=("ada@mail.example",)))
    assert key.digest.hex() == "d2b91172e8bacce8"
