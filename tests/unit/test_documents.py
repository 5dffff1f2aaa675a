"""Every file, name, command and setting that the documents speak of is there."""

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest
from django.core.management import get_commands

from tests.documents import ROOT, SETTINGS, anchors, every_document, inline, named

SRC = ROOT / "src"
RECORDS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
_FILE = re.compile(
    r"((?:[\w.-]+/)*[\w.-]+\.(?:py|md|toml|json)|(?:src|core|adapters|config|tests|docs)/[\w./-]*)(?:::([\w.]+))?"
)
_OBJECT = re.compile(r"(?:core|adapters|bootstrap)(?:\.\w+)+")


@every_document
def test_every_file_and_name_in_the_documents_exists(document: Path) -> None:
    """`adapters/jwt_tokens.py`, `adapters/jwt_tokens.py::JwtTokenService.access` and `core.ports.Clock`."""
    for name in [token.content for token in inline(document, "code_inline")]:
        if file := _FILE.fullmatch(name):
            places = [base / file[1] for base in (ROOT, SRC, SRC / "adapters")]
            found = next((place for place in places if place.exists()), None)
            assert found, name
            if file[2]:
                resolve_name(f"{'.'.join(found.relative_to(SRC).with_suffix('').parts)}:{file[2]}")
        elif _OBJECT.fullmatch(name):
            resolve_name(name)


@every_document
def test_every_link_points_to_an_existing_file_and_heading(document: Path) -> None:
    for token in inline(document, "link_open"):
        link = str(token.attrs["href"])
        if link.startswith("http"):
            continue
        path, _, heading = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), link
        assert not heading or heading in anchors(target), link


@pytest.mark.parametrize("record", RECORDS, ids=named)
def test_a_decision_record_is_complete_and_in_the_index(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    title = re.match(r"# (\d+)\. (.+)\n\n- Status: (accepted|superseded).*\n- Date: (\d{4}-\d\d-\d\d)\n", text)
    assert title, "title, status and date"
    number, name, status, date = title.groups()
    assert record.name.startswith(f"{int(number):04}-")
    for heading in ("## Context", "## Decision", "lternatives"):
        assert heading in text
    index = (record.parent / "README.md").read_text(encoding="utf-8")
    assert f"| {number} | [{name}]({record.name}) | {date} | {status} |\n" in index


@every_document
def test_every_documented_command_exists(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in [token.content for token in inline(document, "code_inline")]:
        for target in re.findall(r"^make ([a-z]+)", name):
            assert re.search(f"^{target}:", makefile, re.MULTILINE), name
        for command in re.findall(r"manage\.py ([a-z_]+)", name):
            assert command in get_commands(), name


def test_the_page_of_settings_lists_exactly_the_settings() -> None:
    read = set()
    for path in (SRC / "bootstrap.py", *(SRC / "config").rglob("[!t]*.py")):
        read |= set(
            re.findall(r"""(?:env(?:iron\.get|\.[a-z]+)|secret)\(["']([A-Z_]+)""", path.read_text(encoding="utf-8"))
        )
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS.read_text(encoding="utf-8"), re.MULTILINE))
    assert read == documented
