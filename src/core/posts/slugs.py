"""Slugs: the names of posts in URLs."""

import re

from anyascii import anyascii

from core.errors import InvalidValue

MAX_SLUG_LENGTH = 80
RESERVED = frozenset({"admin", "drafts", "feed", "new", "page", "popular", "search"})


def make_slug(title: str) -> str:
    """The title in lower-case ASCII letters and digits, with hyphens between words; truncated, if needed.

    Raises `InvalidValue` for a title without letters and digits, and for a reserved slug.
    """
    words: list[str] = re.findall("[a-z0-9]+", anyascii(title).replace("'", "").lower())
    if not words:
        raise InvalidValue("no_slug", "Must contain at least one letter or digit.")
    joined = words[0][:MAX_SLUG_LENGTH]
    for word in words[1:]:
        if len(joined) + 1 + len(word) > MAX_SLUG_LENGTH:
            break
        joined = f"{joined}-{word}"
    if joined in RESERVED:
        raise InvalidValue("reserved", f"The address {joined} is reserved. Choose another title.")
    return joined
