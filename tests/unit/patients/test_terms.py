import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.patients.folding import folded, sort_key
from core.patients.search_terms import MAX_NAME_TERMS, MAX_TERM_LENGTH, MAX_WORDS, parse_words, search_terms
from core.patients.values import Identifier, parse_person_name
from tests import strategies
from tests.contracts.examples import person

MARKED = "\u0301" * 30


def finds(query: str, *names: str, **fields: Any) -> bool:
    """As a store does: each word of the query begins a term of the patient."""
    named = dict(zip(("first_name", "last_name"), names, strict=False))
    terms = search_terms(person(email="no@one.example", external_id=None, **named, **fields))
    return all(any(term.startswith(prefixes) for term in terms) for prefixes in parse_words(query, "US"))


@pytest.mark.parametrize(
    ("name", "ascii"),
    [
        ("Nguyễn", "nguyen"),
        ("Ærø", "aero"),
        ("Straße", "strasse"),
        ("Łukasz", "lukasz"),
        ("Ольга", "ol'ga"),
        ("王", "wang"),
    ],
)
def test_folding_makes_lower_case_ascii(name: str, ascii: str) -> None:
    assert folded(name) == ascii


@pytest.mark.parametrize(
    "query", ["O'Brien", "O\u2019Brien", "o`brien", "OBRIEN", "obri", "brien", "bri", "o brien", "Brien O", "o"]
)
def test_obrien_is_found(query: str) -> None:
    assert finds(query, "Conan", "O'Brien")


@pytest.mark.parametrize("query", ["rien", "obrienx", "o bryan", "conan x", "nobrien"])
def test_obrien_is_not_found(query: str) -> None:
    assert not finds(query, "Conan", "O'Brien")


@pytest.mark.parametrize(
    "query", ["anne", "marie", "Anne-Marie", "marie anne", "mar an", "Curie Anne", "cur", "Marie-Curie"]
)
def test_a_hyphen_separates_words(query: str) -> None:
    assert finds(query, "Anne-Marie", "Curie")


@pytest.mark.parametrize("query", ["nguyen", "NGUYỄN", "nguye\u0302\u0303n", "ngu van"])
def test_accents_and_cases_do_not_matter(query: str) -> None:
    assert finds(query, "Văn", "Nguyễn")


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("王小明", "小明", "王"),
        ("山田太郎", "太郎", "山田"),
        ("김민준", "민준", "김"),
        ("王小", "小明", "王"),
        ("maryann", "Mary Ann", "Smith"),
        ("maryann smith", "Mary Ann", "Smith"),
        ("MaryAnnSmith", "Mary", "Ann Smith"),
        ("mary ann", "Maryann", "Annis"),
        ("smithmary", "Mary Ann", "Smith"),
        ("annsmith", "Mary Ann", "Smith"),
        ("ᠮᠣᠩᠭᠣᠯᠠ", "ᠮᠣᠩᠭᠣᠯ\u180eᠠ", "Bat"),
        ("ᠮᠣᠩᠭᠣᠯ\u180eᠠ", "ᠮᠣᠩᠭᠣᠯᠠ", "Bat"),
        ("— Ada", "Ada", "Byron"),
    ],
)
def test_names_are_found_without_their_spaces_and_marks(query: str, first: str, last: str) -> None:
    assert finds(query, parse_person_name(first), parse_person_name(last))


@pytest.mark.parametrize("query", ["marysmithann", "aryann", "maryannsmithm", "—"])
def test_adjacent_words_are_joined_in_order(query: str) -> None:
    assert not finds(query, "Mary Ann", "Smith")


def written(first: str, last: str) -> str:
    return f"{parse_person_name(first)} {parse_person_name(last)}"


NAMES = strategies.names() | st.text(st.characters(categories=["L", "M", "N", "P", "S"]), min_size=1, max_size=100)


@given(NAMES.filter(lambda name: MARKED not in unicodedata.normalize("NFD", name)), strategies.names(), st.booleans())
@example("—", "¿?", True)
@example("—", "¿?", False)
@example("\U000f0000", "\u0301", True)
@example("🫢" * 100, "Ada", True)
@example("a " * 49 + "a", "b " * 49 + "c", True)
@example("1985-12-10", "12 34", True)
@example("a@b.c", "x|y", True)
@example("+49 (0)30", "12 Ada 7", True)
@example("\u180e-\u180e", "'", True)
@example("﷽" * 100, "x", True)
def test_a_full_name_is_found_in_either_order(first: str, last: str, in_order: bool) -> None:
    name = parse_person_name(first[:100]), parse_person_name(last)
    in_order = in_order or len(" ".join(name).split()) > MAX_WORDS
    assert finds(" ".join(name if in_order else reversed(name)), *name)


@given(strategies.names(), strategies.names(), st.sampled_from(["NFC", "NFD"]))
def test_a_name_is_found_in_every_unicode_form(first: str, last: str, form: str) -> None:
    name = unicodedata.normalize("NFC", first), unicodedata.normalize("NFC", last)
    for query in (f"{first} {last}", f"{last} {first}"):
        assert finds(unicodedata.normalize(form, query), *name)  # type: ignore[arg-type]


def test_many_words_are_only_found_in_their_order() -> None:
    letters = "a b c d e f g h i j k"
    assert finds(letters, letters, "Byron")
    assert not finds(letters[::-1], letters, "Byron")
    assert finds(letters[:-2][::-1], letters, "Byron")


@pytest.mark.parametrize(
    "query",
    [
        "+1 (201) 555-0123", "1-201-555-0123", "(201) 555 0123", "201555", "+1201", "011 1 201 555 0123", "0123",
        "555 0123", "5550123", "ada 0123", "byron +1 201 555", "\u0662\u0660\u0661",
    ],
)  # fmt: skip
def test_a_phone_number_is_found_whole_by_its_beginning_and_by_its_last_digits(query: str) -> None:
    assert finds(query, phone="+12015550123")


@pytest.mark.parametrize("query", ["5550", "123", "0123 ada 9", "+44 201 555 0123", "202 555 0123", "20155501234"])
def test_an_unknown_number_finds_no_patient(query: str) -> None:
    assert not finds(query, phone="+12015550123")


@pytest.mark.parametrize("query", ["020 7946 0958", "+44 (0)20 7946 0958", "0044 20 7946", "20 7946", "7946 0958"])
def test_a_phone_number_abroad_is_found_as_it_is_dialled_there(query: str) -> None:
    assert finds(query, phone="+442079460958")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ada@example.org", True),
        ("ada@", True),
        ("byron@", False),
        ("lund@h", True),
        ("ADA@Example", True),
        ("josé@b.example", False),
        ("example.org", False),
        ("1985-12-10", True),
        ("1985-12", True),
        ("19851210", True),
        ("1985-12-11", False),
        ("ada 1985-12-10", True),
        ("1985-12-10 AB-123/4", True),
        ("ab1234", True),
        ("AB-123/4", True),
        ("mrn|AB-123/4", True),
        ("mrn|AB-123", False),
        ("mrn|", False),
        ("nhs|AB-123/4", False),
        ("943 476 5919", True),
        ("nhs|9434765919", True),
        ("nhs|943 476 5919", True),
        ("nhs | 943 476 5919", True),
        ("ada nhs|943 476 5919", True),
        ("nhs|943 476 5918", False),
        ("nino|QQ 12 34 56 C", True),
        ("nino|QQ 12 34 56", False),
        ("nino|12 34 56 C QQ", True),
        ("mrn|QQ 12 34 56 C", False),
        ("hospital of lund|a b 7", True),
        ("hospital of|a b 7", True),
        ("ada hospital|7", False),
        ("mrn|9434765919", False),
        ("QQ 12 34 56 C", True),
        ("EHR-90001", True),
        ("ehr-9", True),
        ("90001", False),
        ("ada ehr-90001 ada@example.org qq123456c", True),
        ("ada ehr-90001 eve@example.org", False),
    ],
)
def test_each_word_may_match_any_field_and_all_words_must_match(query: str, found: bool) -> None:
    terms = search_terms(
        person(
            email="ada@example.org",
            external_id="EHR-90001",
            identifiers=(
                Identifier("mrn", "AB-123/4"),
                Identifier("nhs", "943 476 5919"),
                Identifier("nino", "QQ 12 34 56 C"),
                Identifier("Hospital of Lund", "A B 7"),
                Identifier("staff", "lund@hospital"),
            ),
        )
    )  # fmt: skip
    words = parse_words(query, "US")
    assert all(any(term.startswith(prefixes) for term in terms) for prefixes in words) == found


def test_terms_are_bounded_in_number_and_length() -> None:
    terms = search_terms(person(first_name="🫢" * 100, last_name="a " * 49 + "b", external_id="x" * 200))
    assert len(terms) <= MAX_NAME_TERMS + 3
    assert max(map(len, terms)) == MAX_TERM_LENGTH
    assert len(parse_words("a " * 125, "US")) == 1


def test_patients_are_sorted_by_name_ignoring_case_and_accents() -> None:
    people = [("Zoë", "Árnason"), ("Ada", "Byron"), ("Eve", "byron"), ("Ada", "Byron-Jones"), ("小明", "王")]
    assert sorted(people, key=lambda name: sort_key(*name)) == people
