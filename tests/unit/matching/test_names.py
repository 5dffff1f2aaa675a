from typing import Any

import pytest

from core.matching.soundex import soundex
from core.matching.weights import Agreement, Field
from core.patients.demographics import NameUse, OtherName
from tests.unit.matching.people import agreement, maiden

ALIAS = OtherName(use=NameUse.ALIAS, first_name="Grace", last_name="Hopper")


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("Ada", "Ada", "same"),
        ("ADA", "ada ", "same"),
        ("Mary Ann", "Mary-Ann", "same"),
        ("Ольга", "Olga", "same"),
        ("王", "Wang", "same"),
        ("Nguyễn", "Nguyen", "same"),
        ("Beth", "Elizabeth", "nickname"),
        ("Ted", "Edward", "nickname"),
        ("Liz", "Beth", "nickname"),
        ("Mary", "Mary Ann", "partial"),
        ("Mary Ann", "Ann Mary", "partial"),
        ("Jonathan", "Jonahtan", "similar"),
        ("Наталья", "Natalia", "similar"),
        ("Zoya", "Zoia", "similar"),
        ("Zoe", "Zoa", "sounds_alike"),
        ("Stephen", "Stefan", "sounds_alike"),
        ("A", "Ada", "initial"),
        ("A.", "A", "initial"),
        ("B", "Ada", "different"),
        ("Ada", "Grace", "different"),
        ("Li", "Xu", "different"),
        ("Ada", None, "missing"),
        ("Ada", "", "missing"),
    ],
)
def test_first_names(a: str, b: str | None, expected: str) -> None:
    assert agreement(Field.FIRST_NAME, {"first_name": a}, {"first_name": b}) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("O'Brien", "OBrien", "same"),
        ("Müller", "Mueller", "similar"),
        ("García Márquez", "Garcia", "partial"),
        ("de la Cruz", "Cruz", "partial"),
        ("García López", "López García", "partial"),
        ("Robert", "Rupert", "sounds_alike"),
        ("O", "Olsen", "initial"),
        ("Beth", "Elizabeth", "different"),
    ],
)
def test_last_names(a: str, b: str, expected: str) -> None:
    assert agreement(Field.LAST_NAME, {"last_name": a}, {"last_name": b}) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("Marie", "Marie", "same"),
        ("Marie", "M", "initial"),
        ("Marie", "Mary Ann", "different"),
        ("Beth", "Elizabeth", "similar"),
        ("Ann Marie", "Marie", "similar"),
        ("Stephen", "Stefan", "missing"),
        ("Marie", None, "missing"),
    ],
)
def test_middle_names(a: str, b: str | None, expected: str) -> None:
    assert agreement(Field.MIDDLE_NAME, {"middle_name": a}, {"middle_name": b}) == expected


def test_swapped_names_agree_in_both_names_and_compare_no_middle_name() -> None:
    a = {"first_name": "Zhang", "middle_name": "Q", "last_name": "Wei"}
    b = {"first_name": "Wei", "middle_name": "R", "last_name": "Zhang"}
    expected = {Field.FIRST_NAME: "swapped", Field.LAST_NAME: "swapped", Field.MIDDLE_NAME: "missing"}
    assert {field: agreement(field, a, b) for field in expected} == expected


def test_a_single_name_agrees_with_either_name_of_another_record() -> None:
    a, b = {"first_name": "Suharto"}, {"last_name": "Suharto"}
    assert agreement(Field.FIRST_NAME, a, b) is Agreement.SWAPPED
    assert agreement(Field.LAST_NAME, a, b) is Agreement.MISSING


def test_names_that_agree_in_order_are_not_swapped() -> None:
    a = {"first_name": "James", "last_name": "James"}
    assert agreement(Field.FIRST_NAME, a, a) is Agreement.SAME
    b = {"first_name": "Ada", "last_name": "James"}
    assert agreement(Field.FIRST_NAME, a, b) is Agreement.DIFFERENT
    assert agreement(Field.LAST_NAME, a, b) is Agreement.SAME


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"last_name": "King", "other_names": (maiden("Byron"),)}, {"last_name": "Byron"}, "other_name"),
        (
            {"last_name": "King", "other_names": (maiden("Byron"),)},
            {"last_name": "Noel", "other_names": (maiden("Byron"),)},
            "other_name",
        ),
        ({"other_names": (maiden("Byron"),)}, {"last_name": "Byron"}, "other_name"),
        ({"last_name": "Smith", "other_names": (maiden("Smyth"),)}, {"last_name": "Smyth"}, "similar"),
        ({"last_name": "King", "other_names": (maiden("Byron"),)}, {"last_name": "Hopper"}, "different"),
    ],
)
def test_a_maiden_name_agrees_with_a_last_name(a: dict[str, Any], b: dict[str, Any], expected: str) -> None:
    assert agreement(Field.LAST_NAME, a, b) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"first_name": "Augusta", "middle_name": "Ada"}, {"first_name": "Ada"}, "other_name"),
        ({"first_name": "Ada", "other_names": (ALIAS,)}, {"first_name": "Grace"}, "other_name"),
        ({"first_name": "Ada", "middle_name": "Marie"}, {"first_name": "Eve", "middle_name": "Marie"}, "different"),
    ],
)
def test_a_middle_name_or_an_alias_agrees_with_a_first_name(
    a: dict[str, Any], b: dict[str, Any], expected: str
) -> None:
    assert agreement(Field.FIRST_NAME, a, b) == expected


@pytest.mark.parametrize(
    "name",
    ["Unknown", "UNKNOWN.", "N/A", "Baby", "Baby Boy", "baby of Ann", "Twin A", "Boy", "xxx", "...", "Test", "no-name"],
)
def test_a_placeholder_is_not_compared_as_a_name(name: str) -> None:
    assert agreement(Field.FIRST_NAME, {"first_name": name}, {"first_name": name}) is Agreement.MISSING
    assert agreement(Field.LAST_NAME, {"last_name": name}, {"last_name": name}) is Agreement.MISSING


@pytest.mark.parametrize("name", ["Sơn", "Babyface", "Oo", "Boyd"])
def test_a_name_similar_to_a_placeholder_is_compared(name: str) -> None:
    assert agreement(Field.FIRST_NAME, {"first_name": name}, {"first_name": name}) is Agreement.SAME


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("robert", "R163"),
        ("rupert", "R163"),
        ("ashcraft", "A261"),
        ("tymczak", "T522"),
        ("pfister", "P236"),
        ("honeyman", "H555"),
        ("lee", "L000"),
        ("4th", "T000"),
        ("42", ""),
    ],
)
def test_soundex_follows_the_national_archives(name: str, code: str) -> None:
    assert soundex(name).upper() == code
