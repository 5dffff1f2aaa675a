"""Converts text to lower-case ASCII for search and sorting, identically for every store."""

import re
from unicodedata import normalize

from anyascii import anyascii

_MAX_SORTED_LENGTH = 100
_WORD = re.compile(r"[a-z0-9]+")


def folded(text: str) -> str:
    return (text if text.isascii() else anyascii(normalize("NFC", text))).lower()


def words(text: str) -> list[str]:
    return _WORD.findall(folded(text))


def alphanumeric(text: str) -> str:
    """Folded, without all characters other than letters and digits."""
    return "".join(words(text))


def sort_key(first_name: str | None, last_name: str | None) -> str:
    """Sorts by last name, then by first name. A missing name comes first."""
    last, first = folded(last_name or ""), folded(first_name or "")
    return f"{last[:_MAX_SORTED_LENGTH]}\0{first[:_MAX_SORTED_LENGTH]}"
