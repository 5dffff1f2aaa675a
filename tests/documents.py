"""The documents, and their code blocks, links and headings."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from attrs import frozen
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TOUR = ROOT / "docs" / "tour.md"
SETTINGS = ROOT / "docs" / "settings.md"
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def named(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=named)


@frozen
class Block:
    """A code block. `is_output`: it is the output of the Python block right above it."""

    kind: str
    content: str
    is_output: bool


def tokens(document: Path) -> list[Token]:
    return MarkdownIt().enable("table").parse(document.read_text(encoding="utf-8"))


def blocks(document: Path) -> Iterator[Block]:
    above = ""
    for token in tokens(document):
        if token.type in {"fence", "code_block"}:
            yield Block(token.info, token.content, token.info == "text" and above == "python")
        above = token.info


def inline(document: Path, kind: str) -> list[Token]:
    """The inline tokens of one kind, such as `code_inline` or `link_open`."""
    return [child for token in tokens(document) for child in token.children or () if child.type == kind]


def anchors(document: Path) -> set[str]:
    """The fragments that a link can have: GitHub's names for the headings."""
    parsed = tokens(document)
    headings = [text.content for opening, text in pairwise(parsed) if opening.type == "heading_open"]
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
