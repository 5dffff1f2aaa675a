"""How names are found: by words folded to lower-case ASCII, the same in every store."""

import re
from itertools import pairwise
from unicodedata import normalize

from anyascii import anyascii

_APOSTROPHES = re.compile(r"['`]")
_WORD = re.compile(r"[a-z0-9]+")


def folded(text: str) -> str:
    return anyascii(normalize("NFC", text)).lower()


def query_words(text: str) -> tuple[str, ...]:
    """The words of a search; `O'Brien` is one word."""
    return _longest(_WORD.findall(_APOSTROPHES.sub("", folded(text))))


def name_words(*names: str) -> tuple[str, ...]:
    """The words a person can be found by; `O'Brien` is found by `obrien` and by `brien`."""
    text = folded(" ".join(names))
    return _longest(_WORD.findall(_APOSTROPHES.sub("", text)) + _WORD.findall(text))


def _longest(words: list[str]) -> tuple[str, ...]:
    """Sorted, without the words that begin another: every search that finds those finds the longer one too."""
    ordered = sorted(set(words))
    return tuple(word for word, after in pairwise([*ordered, ""]) if not after.startswith(word))
