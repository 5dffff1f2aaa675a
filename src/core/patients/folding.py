"""How text is folded, to be found and sorted: to lower-case ASCII, the same in every store."""

import re
from unicodedata import normalize

from anyascii import anyascii

_MAX_SORTED_LENGTH = 100
_WORD = re.compile(r"[a-z0-9]+")


def folded(text: str) -> str:
    return anyascii(normalize("NFC", text)).lower()


def words(text: str) -> list[str]:
    return _WORD.findall(folded(text))


def joined(text: str) -> str:
    """The letters and digits of a folded text."""
    return "".join(words(text))


def sort_key(first_name: str, last_name: str) -> str:
    """Orders people by their last names, then by their first."""
    return f"{folded(last_name)[:_MAX_SORTED_LENGTH]}\0{folded(first_name)[:_MAX_SORTED_LENGTH]}"
