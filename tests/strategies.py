"""Hypothesis strategies for input that a caller may send, and for whole patients."""

from datetime import UTC, date, datetime, timedelta
from string import ascii_letters, digits
from typing import cast
from uuid import UUID

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from core.patients.entities import Changes, Patient, Registration, Rules
from core.patients.values import Identifier, Sex, Status

TODAY = date(2026, 1, 31)
RULES = Rules(TODAY, "US")
OLDEST = TODAY.replace(year=TODAY.year - 130)

_SCRIPTS = st.characters(categories=["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"])
_WELL_KNOWN = [
    "Ada", "O'Brien", "O\u2019Brien", "D`Arcy", "Anne-Marie", "Nguyễn", "Ærø", "Łukasz", "İpek", "Straße", "José María",
    "Þóra", "Ольга", "Ελένη", "محمد", "علی‌رضا", "क्‍षमा", "שרה", "王小明", "がん", "김민준", "สมชาย", "J.",
    "von der Heide",
]  # fmt: skip


def names() -> SearchStrategy[str]:
    drawn = st.text(_SCRIPTS, min_size=1, max_size=12)
    joined = st.tuples(drawn, st.sampled_from([" ", "-", "'", "\u2019", "\u200c", "\u200d", ". "]), drawn).map("".join)
    return st.sampled_from(_WELL_KNOWN) | drawn | joined | _SCRIPTS.map(lambda letter: f"{letter}a" * 25)


def emails() -> SearchStrategy[str]:
    atoms = st.text(ascii_letters + digits + "_+-'éß李", min_size=1, max_size=12)
    local = st.lists(atoms, min_size=1, max_size=3).map(".".join)
    domains = st.sampled_from(["example.org", "Clinic.Example", "mail.example.co.uk", "bücher.example"])
    return st.builds("{}@{}".format, local, domains)


def phones() -> SearchStrategy[str]:
    """Valid numbers, some in the national format of the US."""
    line = st.integers(0, 99).map("{:02}".format)
    shapes = [
        "(201) 555-01{}",
        "+1 201 555 01{}",
        "+44 20 7946 09{}",
        "+49 30 123456{}",
        "+39 06 6982{}",
        "+8490123{}45",
    ]
    return st.builds(str.format, st.sampled_from(shapes), line)


def written_phones() -> SearchStrategy[str]:
    """Valid and invalid, as people and programs write them, with trunk prefixes and country codes in odd places."""
    prefixes = st.sampled_from(
        ["", "+", "00", "011", "(0)", "0", "+49 (0)0", "+86 01 ", "+39 0", "+54 9 ", "+1 1", "0 15 ", "+49"]
    )
    digits_ = st.lists(st.from_regex(r"[0-9]{1,4}", fullmatch=True), min_size=1, max_size=5)
    return st.builds(
        lambda prefix, groups, mark: prefix + mark.join(groups), prefixes, digits_, st.sampled_from(" -./")
    )


def dates_of_birth() -> SearchStrategy[date]:
    return st.dates(OLDEST, TODAY) | st.sampled_from([TODAY, OLDEST, date(2000, 2, 29), date(1904, 2, 29)])


def sexes() -> SearchStrategy[Sex]:
    return st.sampled_from(Sex)


def statuses() -> SearchStrategy[Status]:
    return st.sampled_from(Status)


def identifiers() -> SearchStrategy[Identifier]:
    systems = st.sampled_from(["mrn", "urn:oid:2.16.840.1", "https://clinic.example/ids", "país"])
    values = st.text(ascii_letters + digits + "|/ -.é", min_size=1, max_size=20).filter(str.strip)
    return st.builds(Identifier, systems, values)


def identifier_lists() -> SearchStrategy[list[Identifier]]:
    return st.lists(identifiers(), max_size=3, unique_by=lambda one: (one.system, one.value.strip()))


def external_ids() -> SearchStrategy[str]:
    letters = st.text(ascii_letters + digits + "-_.:/?#%&é李", min_size=1, max_size=30)
    return letters.filter(lambda drawn: drawn not in {".", ".."})


def registrations() -> SearchStrategy[Registration]:
    """Valid input of `RegisterPatient`, not always normalized."""
    return cast(
        "SearchStrategy[Registration]",
        st.fixed_dictionaries(
            {
                "first_name": names(),
                "last_name": names(),
                "email": emails(),
                "date_of_birth": dates_of_birth() | dates_of_birth().map(date.isoformat),
            },
            optional={
                "phone": st.none() | phones(),
                "sex": sexes() | sexes().map(str),
                "identifiers": identifier_lists(),
                "external_id": st.none() | external_ids(),
                "status": statuses(),
            },
        ),
    )


def changes() -> SearchStrategy[Changes]:
    return cast(
        "SearchStrategy[Changes]",
        st.fixed_dictionaries(
            {},
            optional={
                "first_name": names(),
                "last_name": names(),
                "email": emails(),
                "phone": st.none() | phones(),
                "date_of_birth": dates_of_birth(),
                "sex": sexes(),
                "identifiers": identifier_lists(),
                "external_id": st.none() | external_ids(),
                "status": statuses(),
            },
        ),
    )


def instants() -> SearchStrategy[datetime]:
    return st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def uuid7(instant: datetime, tail: int) -> UUID:
    """The UUIDv7 of an instant with the given 74 random bits."""
    milliseconds = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return UUID(int=milliseconds << 80 | 7 << 76 | (tail >> 62) << 64 | 0b10 << 62 | tail & (2**62 - 1))


def patients(created_at: SearchStrategy[datetime] | None = None) -> SearchStrategy[Patient]:
    return st.builds(
        _patient,
        registrations(),
        created_at=instants() if created_at is None else created_at,
        tail=st.integers(0, 2**74 - 1),
        version=st.integers(1, 2**31 - 1),
        last_synced_at=st.none() | instants(),
        unchanged_for=st.timedeltas(timedelta(0), timedelta(days=36_500)),
    )


def _patient(
    registration: Registration,
    created_at: datetime,
    tail: int,
    version: int,
    last_synced_at: datetime | None,
    unchanged_for: timedelta,
) -> Patient:
    registered = Patient.register(uuid7(created_at, tail), created_at, RULES, **registration)
    updated_at = created_at + unchanged_for
    return evolve(registered, version=version, last_synced_at=last_synced_at, updated_at=updated_at)
