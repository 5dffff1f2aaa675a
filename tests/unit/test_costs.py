"""Every parser of the core, given the largest and most awkward values that it is ever given."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, cast

import pytest

from core import values
from core.access import Role
from core.accounts.passwords import parse_new_password
from core.accounts.service_accounts import parse_service_name
from core.accounts.service_keys import parse_key
from core.errors import InvalidValue, ValidationError
from core.files import FileFormat, read_layout, read_rows
from core.patients import dates, demographics
from core.patients import values as patients
from core.patients.entities import Patient
from core.patients.fields import Rules
from core.patients.search import PatientQuery
from core.patients.search_terms import parse_words, search_terms
from core.posts.entities import MAX_COMMENT_LENGTH, MAX_CONTENT_LENGTH, Post, parse_comment
from tests import strategies
from tests.contracts.examples import person
from tests.costs import ANONYMOUS, SIGNED_IN, cost

RULES = Rules(date(2026, 1, 31), "US")
NOW = datetime(2026, 1, 31, tzinfo=UTC)
MEGABYTE = 1_000_000
UNORDERED = "\u0301\u0323"  # marks whose order normalising changes
TEXTS = {
    "letters": "a",
    "marks": UNORDERED,
    "marked letters": "a" + UNORDERED * 15,
    "letters that grow": "\U0001d160",
    "syllables": "\u1100\u1161\u11a8",
    "emoji of many words": "\U0001fae2",
    "labels": "\xe9.",
    "digits": "\u0660",
    "ligatures": "\ufdfa",
    "right to left": "\u05d0",
    "spaces": " ",
    "joiners": "\u200d",
    "quotes": '"\\',
    "signs": "@",
}


def post(title: object, content: object) -> Post:
    return Post.write(strategies.uuid7(NOW, 0), NOW, "me", title=cast("str", title), content=cast("str", content))


PARSERS: dict[str, tuple[Callable[[object], object], int]] = {
    "text": (values.parse_str, values.MAX_TEXT_LENGTH),
    "email": (values.parse_email, values.MAX_EMAIL_LENGTH),
    "choice": (lambda raw: values.parse_enum(raw, Role), values.MAX_TEXT_LENGTH),
    "instant": (values.parse_datetime, 64),
    "person_name": (patients.parse_person_name, 100),
    "phone": (lambda raw: patients.parse_phone(raw, "US"), 250),
    "iso_date": (dates.parse_date, 10),
    "partial_date": (lambda raw: dates.parse_past_date(raw, RULES.today), 10),
    "language": (demographics.parse_language, demographics.MAX_LANGUAGE_LENGTH),
    "country": (demographics.parse_country, 2),
    "affix": (demographics.parse_affix, demographics.MAX_AFFIX_LENGTH),
    "address_line": (lambda raw: demographics.parse_address({"lines": [raw]}), demographics.MAX_ADDRESS_LENGTH),
    "external_id": (patients.parse_external_id, 200),
    "service_name": (parse_service_name, 50),
    "search": (lambda raw: parse_words(cast("str", raw)[:250], "US"), 250),
    "comment": (parse_comment, MAX_COMMENT_LENGTH),
    "title": (lambda raw: post(raw, "x"), 200),
}


def judged(parser: Callable[[object], object], raw: object) -> None:
    with suppress(InvalidValue, ValidationError):
        parser(raw)


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("name", PARSERS)
def test_parsing_text_stays_within_the_cpu_budget(name: str, kind: str) -> None:
    parser, longest = PARSERS[name]
    repeated = TEXTS[kind] * MEGABYTE
    around = (repeated[:longest], repeated[: 4 * longest], repeated[:MEGABYTE])
    texts = (*around, f"{repeated[:longest - 12]}@example.org", f"a@{repeated[:longest - 6]}.org")
    for raw in texts:
        assert cost(partial(judged, parser, raw), ANONYMOUS) <= ANONYMOUS, len(raw)


@pytest.mark.parametrize("kind", TEXTS)
def test_parsing_content_stays_within_the_cpu_budget(kind: str) -> None:
    for length in (MAX_CONTENT_LENGTH, 4 * MAX_CONTENT_LENGTH, MEGABYTE):
        content = (TEXTS[kind] * length)[:length]
        assert cost(partial(judged, partial(post, "x"), content), SIGNED_IN) <= SIGNED_IN


@pytest.mark.parametrize(
    "password",
    [
        "kV9!pQ2#zx" * 25,
        "4@8({[<3]69g&#!1/|0$5+7%2" * 10,
        "|@7${426[9(!15",
        "$11(1+5[[51<(7[(+5$5<((<",
        "password" * 32,
        "1" * 256,
        "x" * MEGABYTE,
        UNORDERED * 128,
    ],
)
def test_checking_a_password_stays_within_the_cpu_budget(password: str) -> None:
    judged(lambda raw: parse_new_password(raw, "ada@example.org"), "the lists of words are read at first")
    judge = partial(judged, lambda raw: parse_new_password(raw, "ada@example.org"), password)
    assert cost(judge, SIGNED_IN) <= SIGNED_IN


@pytest.mark.parametrize("kind", TEXTS)
def test_search_terms_of_a_name_stay_within_the_cpu_budget(kind: str) -> None:
    name = (TEXTS[kind] * 100)[:100]
    assert cost(lambda: search_terms(person(first_name=name, last_name=name)), ANONYMOUS) <= ANONYMOUS


HEADER = b"first_name,last_name,email,date_of_birth\n"
OPEN = b'x",,,"\n'  # a quote that each line opens and the next one goes on in
FILES: dict[str, tuple[FileFormat, bytes]] = {
    "quotes left open": (FileFormat.CSV, HEADER + OPEN * 1500),
    "quotes closed by a row far off": (FileFormat.CSV, HEADER + (OPEN * 98 + b'a,b,c,d"\n') * 15),
    "quoted lines": (FileFormat.CSV, HEADER + b'"a\n' * 2500),
    "long lines that are left open": (FileFormat.CSV, HEADER + (b'x",,,"' + b"a" * 600 + b"\n") * 110),
    "a long row": (FileFormat.CSV, HEADER + b'"a""' * 16_000 + b'",,,\n'),
    "a row of cells": (FileFormat.CSV, HEADER + b"," * 65_000 + b"\n"),
    "a row that is not UTF-8": (FileFormat.CSV, HEADER + b"\xff," * 32_000 + b"\n"),
    "identifiers": (FileFormat.CSV, b"identifiers," + HEADER + b'"' + b"a|b\n" * 98 + b'",,,,\n'),
    "blank rows": (FileFormat.CSV, HEADER + b",,,\n" * 2500),
    "short rows": (FileFormat.CSV, HEADER + b"a\n" * 1250),
    "text formulas": (FileFormat.CSV, HEADER + b'="' + b'""' * 30_000 + b'x",,,\n'),
    "dates": (FileFormat.CSV, HEADER + b",,," + b"1" * 60_000 + b"/1/1970\n"),
    "blank lines": (FileFormat.CSV, b"\n" * 20_000 + HEADER),
    "columns": (FileFormat.CSV, b"shoe size," * 6000 + HEADER),
    "columns given again": (FileFormat.CSV, b"id," * 10_000 + b"sex," * 7000 + HEADER),
    "a quoted header": (FileFormat.CSV, b'"a\n",' * 10_000 + HEADER),
    "columns without a name": (FileFormat.CSV, b"," * 60_000 + HEADER + b"," * 60_000),
    "members": (FileFormat.NDJSON, b"{" + b",".join(b'"%d":1' % n for n in range(6000)) + b"}"),
    "nesting": (FileFormat.NDJSON, b'{"a":' + b"[" * 32_000 + b"]" * 32_000 + b"}"),
    "digits": (FileFormat.NDJSON, b'{"a":' + b"1" * 64_000 + b".5}"),
    "numbers": (FileFormat.NDJSON, b'{"a":[' + b"1.7e3," * 10_000 + b"1]}"),
    "escapes": (FileFormat.NDJSON, b'{"first_name":"' + b"\\u0301\\u0323" * 5000 + b'"}'),
}


@pytest.mark.parametrize("name", FILES)
def test_reading_a_file_stays_within_the_cpu_budget_per_10_kb_or_long_row(name: str) -> None:
    kind, content = FILES[name]

    def read() -> None:
        with suppress(ValidationError):
            layout = read_layout(kind, content[: 64 * 1024])
            for row in read_rows(layout, [content[layout.start :]], offset=layout.start, line=layout.first_line):
                with suppress(ValidationError):
                    Patient.register(strategies.uuid7(NOW, 0), NOW, RULES, **cast("Any", row.values))

    assert cost(read, SIGNED_IN) <= SIGNED_IN


def test_the_largest_record_and_query_stay_within_the_cpu_budget() -> None:
    name = ("a" + UNORDERED * 15) * 3 + "b"
    identifiers = [{"system": "s" * 199 + chr(ord("a") + n), "value": name} for n in range(20)]
    record: dict[str, Any] = {
        "first_name": name,
        "last_name": name,
        "email": f"a@{'d.' * 120}example",
        "phone": "+1 (201) 555-0123",
        "date_of_birth": "1985-12-10",
        "identifiers": identifiers,
        "external_id": "x" * 200,
    }
    register = partial(Patient.register, strategies.uuid7(NOW, 0), NOW, RULES, **record)
    assert cost(register, ANONYMOUS) <= ANONYMOUS
    query = {"q": "\U0001fae2" * 200, "email": record["email"], "identifier": f"s|{name}", "created_after": "x" * 64}
    assert cost(lambda: judged(lambda raw: PatientQuery.parse(query, RULES), None), ANONYMOUS) <= ANONYMOUS
    assert cost(lambda: parse_key("prk_" + "0" * MEGABYTE), ANONYMOUS) <= ANONYMOUS
