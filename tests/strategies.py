"""Hypothesis strategies for input that a caller may send, and for whole patients."""

from datetime import UTC, date, datetime, timedelta
from string import ascii_letters, digits
from typing import cast
from uuid import UUID

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from core.patients.dates import parse_partial_date
from core.patients.demographics import (
    Address,
    AddressUse,
    Contact,
    NameUse,
    OtherName,
    OtherPhone,
    PhoneUse,
)
from core.patients.entities import Patient
from core.patients.fields import Changes, Registration, Rules
from core.patients.values import SETTABLE_STATUSES, Identifier, Sex, Status

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


def partial_dates() -> SearchStrategy[str]:
    return st.builds(lambda born, length: born.isoformat()[:length], dates_of_birth(), st.sampled_from([4, 7, 10]))


def other_names() -> SearchStrategy[list[OtherName]]:
    optional = st.none() | names()
    drawn = st.builds(OtherName, use=st.sampled_from(NameUse), first_name=optional, last_name=optional)
    return st.lists(drawn.filter(lambda name: name.first_name or name.last_name), max_size=2)


def other_phones() -> SearchStrategy[list[OtherPhone]]:
    return st.lists(st.builds(OtherPhone, use=st.sampled_from(PhoneUse), value=phones()), max_size=2)


def addresses() -> SearchStrategy[list[Address]]:
    optional = st.none() | names()
    drawn = st.builds(
        Address,
        use=st.sampled_from(AddressUse),
        lines=st.lists(names(), max_size=2).map(tuple),
        city=names(),
        district=optional,
        state=optional,
        postal_code=st.none() | st.sampled_from(["SW1Y 4JH", "10117", "70-001"]),
        country=st.none() | st.sampled_from(["GB", "de", "PL"]),
    )
    return st.lists(drawn, max_size=2)


def contacts() -> SearchStrategy[list[Contact]]:
    drawn = st.builds(
        Contact,
        relationship=st.sampled_from(["mother", "son", "neighbour"]),
        name=names(),
        phone=st.none() | phones(),
        email=st.none() | emails(),
    )
    return st.lists(drawn, max_size=2)


def sexes() -> SearchStrategy[Sex]:
    return st.sampled_from(Sex)


def statuses() -> SearchStrategy[Status]:
    return st.sampled_from(SETTABLE_STATUSES)


def identifiers() -> SearchStrategy[Identifier]:
    systems = st.sampled_from(["mrn", "urn:oid:2.16.840.1", "https://clinic.example/ids", "país"])
    values = st.text(ascii_letters + digits + "|/ -.é", min_size=1, max_size=20).filter(str.strip)
    return st.builds(Identifier, systems, values)


def identifier_lists() -> SearchStrategy[list[Identifier]]:
    return st.lists(identifiers(), max_size=3, unique_by=lambda one: (one.system, one.value.strip()))


def external_ids() -> SearchStrategy[str]:
    letters = st.text(ascii_letters + digits + "-_.:/?#%&é李", min_size=1, max_size=30)
    return letters.filter(lambda drawn: drawn not in {".", ".."})


_OPTIONAL: dict[str, SearchStrategy[object]] = {
    "middle_name": st.none() | names(),
    "prefix": st.none() | st.sampled_from(["Dr.", "Countess"]),
    "suffix": st.none() | st.sampled_from(["Jr.", "III"]),
    "other_names": other_names(),
    "email_shared": st.booleans(),
    "phone": st.none() | phones(),
    "other_phones": other_phones(),
    "date_of_birth_estimated": st.booleans(),
    "deceased": st.booleans() | st.sampled_from(["2026", "2026-01", "2026-01-31"]),  # after any birth
    "sex": sexes() | sexes().map(str),
    "language": st.none() | st.sampled_from(["en", "pt-br", "zh_hant"]),
    "addresses": addresses(),
    "contacts": contacts(),
    "identifiers": identifier_lists(),
    "external_id": st.none() | external_ids(),
    "status": statuses(),
}


def registrations() -> SearchStrategy[Registration]:
    """Valid input of `RegisterPatient`, not always normalized."""
    return cast(
        "SearchStrategy[Registration]",
        st.fixed_dictionaries(
            {
                "first_name": names(),
                "last_name": names(),
                "email": st.none() | emails(),
                "date_of_birth": st.none() | dates_of_birth() | partial_dates(),
            },
            optional=_OPTIONAL,
        ).filter(_died_after_birth),
    )


def _died_after_birth(registration: dict[str, object]) -> bool:
    born, died = registration["date_of_birth"], registration.get("deceased")
    if born is None or not isinstance(died, str):
        return True
    return parse_partial_date(born).earliest <= parse_partial_date(died).latest


def changes() -> SearchStrategy[Changes]:
    return cast(
        "SearchStrategy[Changes]",
        st.fixed_dictionaries(
            {},
            optional={
                "first_name": names(),
                "last_name": st.none() | names(),
                "email": st.none() | emails(),
                "date_of_birth": st.none() | dates_of_birth() | partial_dates(),
                **_OPTIONAL,
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
