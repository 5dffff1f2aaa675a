"""The name of a post in its address."""

import re

from anyascii import anyascii

from core.errors import Refused

LONGEST_SLUG = 80
RESERVED = frozenset({"admin", "drafts", "feed", "new", "page", "popular", "search"})


def slug(title: str) -> str:
    """The title in lower-case ASCII letters and digits, its words joined by hyphens, cut between words where it can be.

    Raises `Refused` for a title of which nothing is left, or only a word that addresses need themselves.
    """
    words: list[str] = re.findall("[a-z0-9]+", anyascii(title).replace("'", "").lower())
    if not words:
        raise Refused("no_slug", "Give a title with at least one letter or digit.")
    joined = words[0][:LONGEST_SLUG]
    for word in words[1:]:
        if len(joined) + 1 + len(word) > LONGEST_SLUG:
            break
        joined = f"{joined}-{word}"
    if joined in RESERVED:
        raise Refused("reserved", f"Give another title: the address {joined} has a use of its own.")
    return joined
