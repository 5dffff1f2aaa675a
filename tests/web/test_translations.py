"""The catalogs of the pages' texts, and pages in other languages."""

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import field, frozen
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from adapters.web.core_texts import CODES, MESSAGES, in_words, translated
from core.access import Role
from core.access_log.entities import AccessAction
from core.errors import RegistryError
from core.jobs.entities import JobState
from core.matching.scoring import Grade
from core.overview.entities import Freshness
from core.patients.audit import Action
from core.patients.demographics import AddressUse, NameUse, PhoneUse
from core.patients.entities import Patient
from core.patients.values import Sex, Status
from core.sync.entities import SyncJobOutcome
from core.undo.entities import UndoOutcome
from tests.documents import ROOT
from tests.programs import program
from tests.web.forms import record_form
from tests.web.pages import html_of, text_of

WEB = ROOT / "src" / "adapters" / "web"
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
_LINE = re.compile(r'(?:(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) )?"(.*)"')
_PLACE = re.compile(r"%\(\w+\)s|%s|\{\w+\}|<[^>]*>")


@frozen
class Entry:
    """`parts` are the texts by their keyword in the catalog."""

    flags: str
    parts: dict[str, str] = field(factory=dict[str, str])

    @property
    def source(self) -> str:
        return self.parts["msgid"]

    @property
    def key(self) -> tuple[str, str]:
        return self.parts.get("msgctxt", ""), self.source

    @property
    def translations(self) -> list[str]:
        return [text for name, text in self.parts.items() if name.startswith("msgstr")]


def read_catalog(path: Path) -> list[Entry]:
    """Without the header."""
    return [_entry(block) for block in path.read_text(encoding="utf-8").strip().split("\n\n")][1:]


def _entry(block: str) -> Entry:
    entry, name = Entry("".join(re.findall("^#,.*", block, re.MULTILINE))), ""
    for line in block.splitlines():
        if found := _LINE.fullmatch(line):
            name = found[1] or name
            text = found[2].replace('\\"', '"').replace("\\n", "\n")
            entry.parts[name] = entry.parts.get(name, "") + text
    return entry


def catalog(language: str) -> Path:
    return WEB / "locale" / language / "LC_MESSAGES" / "django.po"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_with_its_placeholders(language: str) -> None:
    wrong: list[str] = []
    for entry in read_catalog(catalog(language)):
        sources = {entry.source, entry.parts.get("msgid_plural", entry.source)}
        places = {place for source in sources for place in _PLACE.findall(source)}
        for text in entry.translations:  # a language may have a form for one or two, without the number
            found = set(_PLACE.findall(text))
            same = found <= places if "msgid_plural" in entry.parts else found == places
            if not text or not same or "fuzzy" in entry.flags or '"' in text:
                wrong.append(f"{entry.source} → {text}")
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalog_has_the_same_texts(language: str) -> None:
    path = catalog(language)
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    texts = vars(compiled)["_catalog"]
    for entry in read_catalog(path):
        context, source = entry.key
        key = f"{context}\x04{source}" if context else source
        for number, text in enumerate(entry.translations):
            assert texts[(key, number) if "msgid_plural" in entry.parts else key] == text


def test_the_catalogs_have_the_texts_of_the_code(tmp_path: Path) -> None:
    """If not: `make messages`, and translate what is new."""
    program("xgettext")  # which makemessages runs
    ignored = shutil.ignore_patterns("*.pyc", "*.mo", "static")
    shutil.copytree(WEB, tmp_path, dirs_exist_ok=True, ignore=ignored)
    command = [sys.executable, "-m", "django", "makemessages", "--no-location", "--no-wrap", "--no-obsolete", "--all"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=60)
    for language in LANGUAGES:
        made = read_catalog(tmp_path / catalog(language).relative_to(WEB))
        assert {entry.key for entry in made} == {entry.key for entry in read_catalog(catalog(language))}


def test_the_listed_messages_are_those_of_the_core_and_its_adapters() -> None:
    written = {text for path in (ROOT / "src").rglob("*.py") if path.name != "core_texts.py" for text in _texts(path)}
    listed = {re.sub(r"\{\w+\}", "{}", message) for message in MESSAGES}
    assert listed - written == set()
    kinds, messages = [RegistryError], set[str]()
    for kind in kinds:
        kinds += kind.__subclasses__()
        messages |= {kind.message} if kind.__module__.startswith("core.") else set()
    assert messages - listed == set()


def test_the_codes_that_pages_show_are_listed() -> None:
    shown = (
        Status, Sex, NameUse, PhoneUse, AddressUse, Grade, Freshness, Action, AccessAction,
        JobState, SyncJobOutcome, UndoOutcome, Role,
    )  # fmt: skip
    assert {in_words(code) for codes in shown for code in codes} - set(CODES) == set()


def _texts(path: Path) -> Iterator[str]:
    """With `{}` in place of a value."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)


def test_templates_have_no_text_outside_translations() -> None:
    found = {path.name: _untranslated(path.read_text(encoding="utf-8")) for path in (WEB / "templates").rglob("*.html")}
    assert {name: texts for name, texts in found.items() if texts} == {}


def _untranslated(template: str) -> list[str]:
    """What stands between tags, and in attributes that are read out or shown."""
    rest = re.sub(r"(?s){% blocktranslate.*?endblocktranslate %}|{#.*?#}|{%.*?%}|{{.*?}}", "", template)
    attributes = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', rest)
    between = re.split(r"(?s)<kbd>.*?</kbd>|<code>.*?</code>|<[^>]*>", rest)
    texts = [re.sub("&[a-z]+;|/[a-z-]+/", "", text) for text in (*attributes, *between)]
    return [text for text in texts if re.search(r"[^\W\d_]{2}", text)]


def test_the_language_is_chosen_or_asked_for(reader: Client) -> None:
    asked = reader.get("/console/", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    assert '<html lang="de" dir="ltr">' in html_of(asked)
    assert "Patienten suchen" in text_of(asked)
    assert (asked["Content-Language"], "Accept-Language" in asked["Vary"]) == ("de", True)
    assert "Find a patient" in text_of(reader.get("/console/", headers={"Accept-Language": "xx"}))

    saved = reader.post("/console/preferences/", {"language": "ar", "time_zone": ""}, follow=True)
    assert '<html lang="ar" dir="rtl">' in html_of(saved)
    assert "تم الحفظ." in text_of(saved)
    assert "البحث عن مريض" in text_of(reader.get("/console/", headers={"Accept-Language": "de"}))


def test_times_are_in_the_zone_that_was_chosen_or_in_the_browsers(reader: Client, ada: Patient) -> None:
    page = reverse("console:patient", args=[ada.id])

    def zone() -> str:
        return re.findall(r"Registered .*? \d\d:\d\d (\S+) ,", text_of(reader.get(page)))[0]

    assert zone() == "UTC"
    reader.cookies["browser_time_zone"] = "Asia/Tokyo"
    assert zone() == "JST"
    reader.post("/console/preferences/", {"language": "en", "time_zone": "Asia/Kolkata"})
    assert zone() == "IST"


@pytest.mark.parametrize("zone", ["", "nowhere", "../../etc/passwd", "x" * 4000])
def test_a_zone_that_does_not_exist_is_ignored(zone: str) -> None:
    browser = Client()
    browser.cookies["time_zone"] = browser.cookies["browser_time_zone"] = zone
    browser.cookies["django_language"] = zone
    assert browser.get("/console/sign-in/").status_code == 200


def test_the_api_and_the_admin_site_are_english(reader: Client, clerk: Client) -> None:
    german = {"Accept-Language": "de", "Accept": "text/html, application/json"}
    refused = reader.get("/api/v1/patients/", headers=german)
    assert refused.json()["detail"].startswith("Send an access token")
    assert "Content-Language" not in refused
    assert 'lang="en' in html_of(reader.get("/admin/login/", headers=german, follow=True))


def test_errors_of_the_core_are_translated(clerk: Client) -> None:
    clerk.cookies["django_language"] = "de"
    shown = text_of(clerk.post("/console/register/", record_form(key="k", first_name="Ada", phone="1", email="x")))
    assert "Muss eine gültige E-Mail-Adresse sein, zum Beispiel name@example.org." in shown
    missing = Client().get("/console/nothing/", headers={"Accept-Language": "de", "Accept": "text/html"})
    assert "Nicht gefunden Unter dieser Adresse gibt es nichts." in text_of(missing)


def test_values_in_messages_of_the_core_stay() -> None:
    with override("de"):
        assert translated("Must be at most 40 characters.") == "Darf höchstens 40 Zeichen haben."
        assert translated("Must have at most 5 items.") == "Darf höchstens 5 Einträge haben."
        assert translated("A text of nobody's.") == "A text of nobody's."
        assert translated("") == ""
