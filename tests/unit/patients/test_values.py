from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidValue, ValidationError
from core.patients import values
from core.patients.values import Identifier
from tests import strategies
from tests.unit.test_values import code


def test_a_name_has_at_most_100_characters() -> None:
    assert values.parse_person_name("é" * 100) == "é" * 100
    assert code(values.parse_person_name, "é" * 101) == "too_long"


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("(201) 555-0123", "+12015550123"),
        ("201.555.0123", "+12015550123"),
        ("+44 20 7946 0958", "+442079460958"),
        ("0044 20 7946 0958", None),
        ("011 44 20 7946 0958", "+442079460958"),
        ("(+44) (0)20 7946-0958", "+442079460958"),
        ("+44\u00a020/7946\u20110958", "+442079460958"),
        ("\u202a+442079460958\u202c", "+442079460958"),
        ("+\u0664\u0664 \u0662\u0660 7946 0958", "+442079460958"),
        ("+33 1.40.55.01.23", "+33140550123"),
    ],
)
def test_a_phone_without_a_country_code_is_in_the_registrys_region(raw: str, stored: str | None) -> None:
    if stored is None:
        assert code(values.parse_phone, raw, "US") == "invalid"
    else:
        assert values.parse_phone(raw, "US") == stored


def test_the_same_phone_differs_between_regions() -> None:
    assert values.parse_phone("030 123456", "DE") == "+4930123456"
    assert values.parse_phone("06 6982 1234", "IT") == "+390669821234"


@pytest.mark.parametrize(
    "raw", ["", "phone", "12", "+1", "+999 123456789", "1" * 16, "+44 7700 900123", "++442079460958"]
)
def test_an_invalid_phone_is_refused(raw: str) -> None:
    assert code(values.parse_phone, raw, "US") == "invalid"


@pytest.mark.parametrize(
    "raw",
    [
        "3.10820712E9",
        "+4930123456.0",
        "4930123456.00",
        "+49 30 123456.0",
        "+49 30 123456.000",
        "+49 (0)0151 23456789",
        "+86 01 13123456789",
    ],
)
def test_an_ambiguous_phone_number_is_refused(raw: str) -> None:
    assert code(values.parse_phone, raw, "US") == "invalid"


@pytest.mark.parametrize(
    "raw", ["call +442079460958", "+442079460958 (Mum)", "tel:+442079460958", "1-800-FLOWERS", "*67 201 555 0123"]
)
def test_words_letters_and_keys_around_a_phone_are_refused(raw: str) -> None:
    assert code(values.parse_phone, raw, "US") == "invalid"


def test_a_refused_phone_without_a_country_code_says_which_country_was_assumed() -> None:
    with pytest.raises(InvalidValue, match="read as dialled in US"):
        values.parse_phone("030 123456", "US")
    with pytest.raises(InvalidValue, match=r"such as \+49 30 123456\.$"):
        values.parse_phone("+1 030 123456", "US")


def test_a_phone_has_at_most_50_characters() -> None:
    assert values.parse_phone(f"+442079460958{' ' * 37}", "US") == "+442079460958"
    assert code(values.parse_phone, f"+442079460958{' ' * 38}", "US") == "too_long"


def test_a_local_number_without_an_area_code_is_refused() -> None:
    assert code(values.parse_phone, "555-0123", "US") == "invalid"


def test_a_phone_has_at_most_the_15_digits_that_e164_allows() -> None:
    assert code(values.parse_phone, "+49" + "3" * 15, "US") == "invalid"


def test_a_phone_has_no_extension() -> None:
    assert code(values.parse_phone, 2015550123, "US") == "type"
    assert code(values.parse_phone, "+1 201 555 0123 ext. 5", "US") == "extension"


@pytest.mark.parametrize("raw", ["a b", "a\u00a0b", ".", "..", "a\tb"])
def test_an_external_id_is_one_word_that_is_safe_in_a_path(raw: str) -> None:
    assert code(values.parse_external_id, raw) == "characters"


def test_an_external_id_has_at_most_200_characters_and_at_least_one() -> None:
    assert values.parse_external_id(f" {'x' * 200} ") == "x" * 200
    assert code(values.parse_external_id, "x" * 201) == "too_long"
    assert code(values.parse_external_id, " ") == "blank"


def errors(raw: object) -> set[tuple[str, str]]:
    """Where which rule is broken; the whole is ``."""
    try:
        values.parse_identifiers(raw)
    except InvalidValue as refused:
        return {("", refused.code)}
    except ValidationError as invalid:
        return {(error.field, error.code) for error in invalid.errors}
    return set()


@given(strategies.identifier_lists(), st.randoms())
def test_the_order_of_identifiers_is_irrelevant(given: list[Identifier], chance: st.DataObject) -> None:
    shuffled = sorted(given, key=lambda _: chance.random())  # type: ignore[attr-defined]
    assert values.parse_identifiers(shuffled) == values.parse_identifiers(given)


def test_identifiers_are_accepted_as_objects_and_as_mappings() -> None:
    assert values.parse_identifiers([{"system": " mrn ", "value": " 7 "}]) == (Identifier("mrn", "7"),)
    assert values.parse_identifiers((Identifier(" mrn ", " 7 "),)) == (Identifier("mrn", "7"),)


@pytest.mark.parametrize("raw", [None, "mrn|7", {"system": "mrn", "value": "7"}, 5])
def test_identifiers_are_a_list(raw: object) -> None:
    assert errors(raw) == {("", "type")}


def test_each_identifier_is_an_object_of_two_members() -> None:
    assert errors(["mrn|7"]) == {("0", "type")}
    assert errors([{"system": "mrn"}]) == {("0.value", "required")}
    assert errors([{"system": "mrn", "value": "7", "use": "old"}]) == {("0", "members")}


@pytest.mark.parametrize("system", ["a|b", "a b", "a\u00a0b"])
def test_a_system_has_neither_spaces_nor_a_bar(system: str) -> None:
    assert {c for _, c in errors([Identifier(system, "7")])} == {"characters"}


def test_a_value_may_have_spaces_and_bars_inside() -> None:
    assert values.parse_identifier(Identifier("mrn", "7 | 8")) == Identifier("mrn", "7 | 8")


def test_systems_have_at_most_200_characters_and_values_100() -> None:
    assert errors([Identifier("s" * 200, "v" * 100)]) == set()
    assert {c for _, c in errors([Identifier("s" * 201, "7")])} == {"too_long"}
    assert {c for _, c in errors([Identifier("mrn", "v" * 101)])} == {"too_long"}
    assert {c for _, c in errors([Identifier("", "7")])} == {"blank"}
    assert {c for _, c in errors([Identifier("mrn", "")])} == {"blank"}


def test_an_identifier_is_given_once() -> None:
    assert errors([Identifier("mrn", "7"), Identifier("mrn", "7 ")]) == {("", "repeated")}
    assert errors([Identifier("mrn", "7"), Identifier("mrn", "8")]) == set()


def test_a_patient_has_at_most_20_identifiers() -> None:
    assert errors([Identifier("mrn", str(n)) for n in range(20)]) == set()
    assert errors([Identifier("mrn", str(n)) for n in range(21)]) == {("", "too_long")}


def test_an_id_must_be_a_uuid() -> None:
    one = uuid4()
    assert values.parse_patient_id(one) == one
    assert code(values.parse_patient_id, str(one)) == "type"
