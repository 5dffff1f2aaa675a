from collections.abc import Callable

import pytest

from core.errors import InvalidValue, ValidationError
from core.patients.demographics import (
    MAX_ADDRESS_LENGTH,
    MAX_ADDRESS_LINES,
    MAX_CONTACTS,
    Address,
    AddressUse,
    Contact,
    NameUse,
    OtherName,
    OtherPhone,
    PhoneUse,
    parse_address,
    parse_affix,
    parse_contact,
    parse_country,
    parse_language,
    parse_other_name,
    parse_other_phone,
)
from core.patients.fields import parse
from tests.strategies import RULES
from tests.unit.test_values import code

Parse = Callable[[object], object]


def errors(parse: Parse, raw: object) -> dict[str, str]:
    """The code of each member's error; the whole is ``."""
    try:
        parse(raw)
    except InvalidValue as refused:
        return {"": refused.code}
    except ValidationError as invalid:
        return {error.field: error.code for error in invalid.errors}
    return {}


def other_phone(raw: object) -> OtherPhone:
    return parse_other_phone(raw, "US")


def contact(raw: object) -> Contact:
    return parse_contact(raw, "US")


@pytest.mark.parametrize(("raw", "parsed"), [("DE", "DE"), ("gb", "GB")])
def test_a_country_is_a_code_of_two_letters(raw: str, parsed: str) -> None:
    assert parse_country(raw) == parsed


@pytest.mark.parametrize(
    ("raw", "refused"), [("", "invalid"), ("D", "invalid"), ("XX", "invalid"), ("DEU", "too_long"), (49, "type")]
)
def test_an_invalid_country_is_refused(raw: object, refused: str) -> None:
    assert code(parse_country, raw) == refused


@pytest.mark.parametrize(
    ("raw", "parsed"), [("en", "en"), ("pt_br", "pt-BR"), ("ZH-hant", "zh-Hant"), (" de-CH ", "de-CH"), ("yue", "yue")]
)
def test_a_language_is_stored_in_its_standard_form(raw: str, parsed: str) -> None:
    assert parse_language(raw) == parsed


@pytest.mark.parametrize(
    ("raw", "refused"),
    [
        ("", "invalid"),
        ("German", "invalid"),
        ("xx-1", "invalid"),
        ("e", "invalid"),
        ("de--CH", "invalid"),
        ("d\u00e9", "invalid"),
        ("a" * 36, "too_long"),
        (7, "type"),
    ],
)
def test_an_invalid_language_is_refused(raw: object, refused: str) -> None:
    assert code(parse_language, raw) == refused


def test_an_other_name_has_a_use_and_at_least_one_name() -> None:
    maiden = OtherName(use=NameUse.MAIDEN, last_name="Byron")
    assert parse_other_name({"use": "maiden", "last_name": " Byron "}) == maiden
    assert parse_other_name(maiden) == maiden
    assert errors(parse_other_name, {"use": "maiden"}) == {"": "required"}
    assert errors(parse_other_name, {"use": "maiden", "first_name": None, "last_name": None}) == {"": "required"}
    assert errors(parse_other_name, {"first_name": "Ada"}) == {"use": "required"}
    assert errors(parse_other_name, {"use": "stage", "first_name": " "}) == {"use": "choice", "first_name": "blank"}


def test_an_other_phone_has_a_use_and_a_number() -> None:
    assert other_phone({"use": "work", "value": "(201) 555-0123"}) == OtherPhone(
        use=PhoneUse.WORK, value="+12015550123"
    )
    assert errors(other_phone, {"value": "12"}) == {"use": "required", "value": "invalid"}


def test_an_address_needs_a_part_besides_its_use() -> None:
    home = Address(use=AddressUse.HOME, lines=("Unter den Linden 1", "3. Stock"), city="Berlin", country="DE")
    assert parse_address({"lines": ["Unter den Linden 1", " 3. Stock"], "city": "Berlin", "country": "de"}) == home
    assert parse_address(home) == home
    assert errors(parse_address, {"country": "de"}) == {}
    for empty in ({}, {"use": "work"}, {"use": "old", "lines": [], "city": None}):
        assert errors(parse_address, empty) == {"": "required"}


def test_every_error_of_an_address_is_reported_with_its_place() -> None:
    too_long = "a" * (MAX_ADDRESS_LENGTH + 1)
    broken = {"use": "house", "lines": ["a", ""], "city": too_long, "postal_code": "1" * 21, "country": "Germany"}
    assert errors(parse_address, broken) == {
        "use": "choice",
        "lines.1": "blank",
        "city": "too_long",
        "postal_code": "too_long",
        "country": "too_long",
    }
    assert errors(parse_address, {"lines": "a"}) == {"lines": "type"}
    assert errors(parse_address, {"lines": ["a"] * (MAX_ADDRESS_LINES + 1)}) == {"lines": "too_long"}
    assert errors(parse_address, {"lines": ["a"] * MAX_ADDRESS_LINES}) == {}


def test_a_contact_has_a_relationship_and_a_name() -> None:
    mother = {"relationship": "mother", "name": "Annabella Byron", "phone": "(201) 555-0123", "email": "A@Example.org"}
    assert contact(mother) == Contact(
        relationship="mother", name="Annabella Byron", phone="+12015550123", email="a@example.org"
    )
    assert errors(contact, {"phone": "12", "email": "a"}) == {
        "relationship": "required",
        "name": "required",
        "phone": "invalid",
        "email": "invalid",
    }


@pytest.mark.parametrize("parse", [parse_other_name, other_phone, parse_address, contact])
def test_only_objects_with_known_members_are_accepted(parse: Parse) -> None:
    assert errors(parse, {"color": "red"}) == {"": "members"}
    assert errors(parse, {5: "red"}) == {"": "members"}
    for raw in ("Ada", None, [], 5):
        assert errors(parse, raw) == {"": "type"}


def test_an_affix_has_at_most_50_characters() -> None:
    assert parse_affix("a" * 50) == "a" * 50
    assert code(parse_affix, "a" * 51) == "too_long"


@pytest.mark.parametrize(
    ("field", "item"),
    [
        ("other_names", {"use": "alias", "first_name": "Ada"}),
        ("other_phones", {"use": "home", "value": "+12015550123"}),
        ("addresses", {"city": "London"}),
        ("contacts", {"relationship": "son", "name": "Ralph"}),
    ],
)
def test_each_list_has_at_most_10_items(field: str, item: object) -> None:
    parsed = parse({field: [item] * MAX_CONTACTS}, RULES)[field]
    assert isinstance(parsed, tuple)
    with pytest.raises(ValidationError) as refused:
        parse({field: [item] * (MAX_CONTACTS + 1)}, RULES)
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, "too_long")]
