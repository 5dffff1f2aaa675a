import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidValue
from core.posts.slugs import MAX_SLUG_LENGTH, RESERVED, make_slug


@pytest.mark.parametrize(
    ("title", "made"),
    [
        ("Flu season", "flu-season"),
        ("  Opening hours:  1–24 December!  ", "opening-hours-1-24-december"),
        ("Let's get O’Brien vaccinated", "lets-get-obrien-vaccinated"),
        ("Über Öffnungszeiten", "uber-offnungszeiten"),
        ("王小明", "wangxiaoming"),
        ("ΑΒΓ <b>bold</b> & more", "avg-b-bold-b-more"),
        ("popular notices", "popular-notices"),
    ],
)
def test_a_title_becomes_lower_case_ascii_words(title: str, made: str) -> None:
    assert make_slug(title).replace("--", "-") == made


@pytest.mark.parametrize("title", ["!!!", "—", " . ", "‍"])
def test_a_title_without_letters_or_digits_is_refused(title: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        make_slug(title)
    assert refused.value.code == "no_slug"


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_title_that_is_a_reserved_path_is_refused(word: str) -> None:
    for title in (word, word.upper(), f" {word}! "):
        with pytest.raises(InvalidValue) as refused:
            make_slug(title)
        assert refused.value.code == "reserved"


def test_a_long_title_is_cut_between_words() -> None:
    assert make_slug("word " * 40) == "-".join(["word"] * 16)
    assert make_slug("x" * 200) == "x" * MAX_SLUG_LENGTH
    assert make_slug("one " + "x" * 200) == "one"


@given(st.text())
def test_slugs_are_ascii_and_idempotent(title: str) -> None:
    try:
        made = make_slug(title)
    except InvalidValue:
        return
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", made)
    assert len(made) <= MAX_SLUG_LENGTH
    assert make_slug(made) == made
