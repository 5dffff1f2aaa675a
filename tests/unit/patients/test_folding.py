import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.patients.names import folded, name_words, query_words
from tests import strategies


def finds(query: str, *names: str) -> bool:
    """As a store does: each word of the query begins a word of the name."""
    return all(any(name.startswith(word) for name in name_words(*names)) for word in query_words(query))


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


@pytest.mark.parametrize("query", ["rien", "conanobrien", "obrienx", "o bryan", "conan x"])
def test_obrien_is_not_found(query: str) -> None:
    assert not finds(query, "Conan", "O'Brien")


@pytest.mark.parametrize("query", ["anne", "marie", "Anne-Marie", "marie anne", "mar an", "Curie Anne", "cur"])
def test_a_hyphen_parts_words(query: str) -> None:
    assert finds(query, "Anne-Marie", "Curie")


@pytest.mark.parametrize("query", ["nguyen", "NGUYỄN", "nguye\u0302\u0303n", "ngu van"])
def test_accents_and_cases_do_not_matter(query: str) -> None:
    assert finds(query, "Văn", "Nguyễn")


@pytest.mark.parametrize("query", ["aero", "Ærø", "ÆRØ", "ær"])
def test_letters_fold_to_several(query: str) -> None:
    assert finds(query, "Ærø", "Å")


def test_each_word_of_the_name_needs_only_one_that_begins_with_it() -> None:
    assert finds("ann ann", "Ann", "Byron")
    assert finds("ann anna", "Anna", "Ann")
    assert not finds("ann byron", "Ann", "Smith")


@given(strategies.names(), strategies.names(), st.data())
def test_a_name_is_found_by_any_of_its_words_cut_short_in_any_order(first: str, last: str, data: st.DataObject) -> None:
    words = data.draw(st.permutations(query_words(f"{first} {last}")))
    cut = [word[: data.draw(st.integers(1, len(word)))] for word in words]
    assert finds(" ".join(cut), first, last)


@given(strategies.names(), strategies.names(), st.sampled_from(["NFC", "NFD"]))
def test_a_name_is_found_as_it_is_written_however_it_is_composed(first: str, last: str, form: str) -> None:
    name = unicodedata.normalize("NFC", first), unicodedata.normalize("NFC", last)
    for written in (f"{first} {last}", f"{last} {first}", last):
        assert finds(unicodedata.normalize(form, written), *name)  # type: ignore[arg-type]


@given(strategies.names())
def test_words_are_lower_case_ascii_and_sorted(name: str) -> None:
    for words in (name_words(name), query_words(name)):
        assert list(words) == sorted(set(words))
        assert all(word.isascii() and word.isalnum() and word == word.lower() for word in words)


@given(strategies.names())
def test_no_word_begins_another(name: str) -> None:
    words = name_words(name)
    assert not [(one, other) for one in words for other in words if one != other and other.startswith(one)]
