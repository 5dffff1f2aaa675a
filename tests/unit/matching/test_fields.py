import pytest

from core.matching.comparable import comparable
from core.matching.details import PersonDetails
from core.matching.weights import Agreement, Field
from core.patients.dates import PartialDate
from core.patients.demographics import Address
from core.patients.values import Identifier, Sex
from tests.unit.matching.people import agreement, ssn


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("1985-12-10", "1985-12-10", "same"),
        ("1985-12-10", "1985-10-12", "swapped"),
        ("1985-12-10", "1985-12-01", "similar"),
        ("1985-12-10", "1958-12-10", "similar"),
        ("1985-12-10", "1985-12-17", "similar"),
        ("1985-12-10", "1985-12-27", "partial"),
        ("1985-12-10", "1999-12-10", "partial"),
        ("1985-12-10", "1999-07-10", "different"),
        ("1985-12", "1985-12-10", "year_and_month"),
        ("1985-12", "1985-12", "year_and_month"),
        ("1985-12", "1985-11-10", "different"),
        ("1985", "1985-12-10", "year"),
        ("1985", "1985-12", "year"),
        ("1985", "1986", "different"),
        ("1985-01-01", "1985-12-10", "year"),
        ("1985-01-01", "1985-01-01", "year"),
        ("1900-01-01", "1900-01-01", "missing"),
        ("1985-12-10", None, "missing"),
    ],
)
def test_dates_of_birth(a: str, b: str | None, expected: str) -> None:
    assert agreement(
        Field.DATE_OF_BIRTH, {"date_of_birth": PartialDate(a)}, {"date_of_birth": b and PartialDate(b)}
    ) == (expected)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [(Sex.MALE, Sex.MALE, "same"), (Sex.MALE, Sex.FEMALE, "different"), (Sex.MALE, Sex.UNKNOWN, "missing")],
)
def test_sex(a: Sex, b: Sex, expected: str) -> None:
    assert agreement(Field.SEX, {"sex": a}, {"sex": b}) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (["+12015550123", "+12015550199"], ["+12015550199"], "same"),
        (["+12015550123"], ["+12015550132"], "similar"),
        (["+12015550123"], ["+12015550124"], "similar"),
        (["+12015550123"], ["+442079460958"], "different"),
        (["+12015550123"], [], "missing"),
        (["+12015555555"], ["+12015555555"], "missing"),
        (["+12011234567"], ["+12011234567"], "missing"),
    ],
)
def test_phones(a: list[str], b: list[str], expected: str) -> None:
    assert agreement(Field.PHONE, {"phones": tuple(a)}, {"phones": tuple(b)}) == expected


def test_an_ignored_phone_is_not_compared() -> None:
    details = PersonDetails(phones=("+12015550123", "+12015550199"))
    assert comparable(details, ignored_phones={"+12015550123"}).phones == {"+12015550199"}


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("ada@mail.example", "ada@mail.example", "same"),
        ("ada@mail.example", "aad@mail.example", "similar"),
        ("ada@mail.example", "eve@mail.example", "different"),
        ("no-reply@mail.example", "no-reply@mail.example", "missing"),
        ("unknown@mail.example", "unknown@mail.example", "missing"),
        ("patient@mail.example", "patient@mail.example", "missing"),
    ],
)
def test_emails(a: str, b: str, expected: str) -> None:
    assert agreement(Field.EMAIL, {"emails": (a,)}, {"emails": (b,)}) == expected


def address(text: str) -> Address:
    """Lines, city and postal code, separated by bars."""
    line, city, postal_code = text.split("|")
    return Address(lines=tuple(line.split("/")) if line else (), city=city or None, postal_code=postal_code or None)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("12 Oak Street|Salem|97301", "12 Oak St.|SALEM|97301", "same"),
        ("12 Oak Street|Salem|97301", "12, Oak Street|Salem|97310", "same"),
        ("12 Oak Street|Salem|97301", "12 Oak Street||", "same"),
        ("Hauptstraße 12|Köln|50667", "Hauptstrasse 12|Koln|50667", "same"),
        ("12 Oakwood Street|Salem|97301", "12 Oakwod Street|Salem|97301", "same"),
        ("12 Oak Street/Apt 4|Salem|97301", "12 Oak Street|Salem|97301", "same"),
        ("The Willows|Salem|97301", "The Willows|Salem|97301", "same"),
        ("12 Oak Street/Apt 4|Salem|97301", "12 Oak Street/Apt 9|Salem|97301", "similar"),
        ("12 Oak Street|Salem|97301", "21 Oak Street|Salem|97301", "similar"),
        ("12 Oak Street|Salem|97301", "Oak Street|Salem|97301", "similar"),
        ("12 Oak Street/Apt 4|Salem|97301", "7 Elmwood Park/Apt 4|Salem|97301", "same_area"),
        ("12 Oak Street|Salem|97301", "7 Elmwood Park Avenue|Salem|97310", "same_area"),
        ("12 Oak Street|Salem|97301", "|Salem|", "same_area"),
        ("12 Oak Street|Salem|97301", "12 Oak Street|Jacksonville|32099", "different"),
        ("12 Oak Street||", "7 Elmwood Park Avenue||", "different"),
        ("|Salem|", "|Boston|", "different"),
        ("12 Oak Street||", "|Salem|97301", "missing"),
        ("homeless|unknown|00000", "homeless|unknown|00000", "missing"),
    ],
)
def test_addresses(a: str, b: str, expected: str) -> None:
    found = agreement(Field.ADDRESS, {"addresses": (address(a),)}, {"addresses": (address(b),)})
    assert found == expected


def test_the_best_pair_of_addresses_counts() -> None:
    old, new = address("12 Oak Street|Salem|97301"), address("7 Elmwood Park|Boston|02108")
    assert agreement(Field.ADDRESS, {"addresses": (old, new)}, {"addresses": (old,)}) is Agreement.SAME


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (ssn("536-22-8145"), ssn("536 22 8145"), "same"),
        (ssn("536-22-8145") + ssn("1"), ssn("536-22-8145") + ssn("998-11-2223"), "same"),
        (ssn("536-22-8145"), ssn("536-22-8154"), "similar"),
        (ssn("8145"), ssn("8154"), "different"),
        (ssn("536-22-8145"), ssn("998-11-2223"), "different"),
        (ssn("536-22-8145"), (Identifier("mrn", "536-22-8145"),), "missing"),
        (ssn("000-00-0000"), ssn("000-00-0000"), "missing"),
        (ssn("123-45-6789"), ssn("123-45-6789"), "missing"),
        (ssn("987654321"), ssn("987654321"), "missing"),
        (ssn("N/A"), ssn("N/A"), "missing"),
    ],
)
def test_identifiers(a: tuple[Identifier, ...], b: tuple[Identifier, ...], expected: str) -> None:
    assert agreement(Field.IDENTIFIER, {"identifiers": a}, {"identifiers": b}) == expected
