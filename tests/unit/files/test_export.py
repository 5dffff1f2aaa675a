import csv
import json
from contextlib import suppress
from datetime import timedelta, timezone
from io import StringIO
from uuid import UUID, uuid4

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ValidationError
from core.files import FileFormat, read_layout, read_rows, write_patients
from core.patients.entities import Patient
from core.patients.fields import SETTABLE
from core.patients.values import Identifier, Status
from tests import strategies
from tests.fakes import NOW, anything, details
from tests.strategies import RULES
from tests.unit.files.reading import TEXT_FORMATS, cut

ODD = st.text(st.sampled_from("\",;|\t\r\n\\=+-@' a\u00e9\u2019\u200d"), min_size=1, max_size=8)
PATIENT = Patient.register(
    UUID(int=7),
    NOW,
    RULES,
    **details(
        first_name='Ada "A"',
        last_name="Byron, née O'Neil",
        email="ada@example.org",
        phone="+12015550100",
        identifiers=[Identifier("mrn", '7|"8"'), Identifier("urn:oid:1.2", "9")],
        external_id="ext;1",
    ),
)


def written(format: FileFormat, *patients: Patient, for_spreadsheet: bool = False) -> bytes:
    return b"".join(write_patients(format, patients, for_spreadsheet=for_spreadsheet))


def imported(format: FileFormat, content: bytes, cuts: list[int]) -> list[Patient]:
    layout = read_layout(format, content)
    rows = read_rows(layout, cut(content[layout.start :], cuts), offset=layout.start, line=layout.first_line)
    return [Patient.register(uuid4(), NOW, RULES, **anything(**row.values)) for row in rows]


def settable(patient: Patient) -> dict[str, object]:
    return {name: getattr(patient, name) for name in SETTABLE}


@st.composite
def odd_patients(draw: st.DrawFn) -> Patient:
    """With whatever the rules let through of names and identifiers made of delimiters, quotes and line ends."""
    patient = draw(strategies.patients())
    given = {
        "first_name": draw(ODD), "last_name": draw(ODD), "external_id": draw(ODD),
        "identifiers": [Identifier(draw(ODD), draw(ODD)), Identifier("mrn", draw(ODD))],
    }  # fmt: skip
    for name, value in given.items():
        with suppress(ValidationError):
            patient = evolve(patient, status=Status.ACTIVE).changed(NOW, RULES, **anything(**{name: value}))
    return patient


@given(
    st.sampled_from(TEXT_FORMATS),
    st.lists(strategies.patients() | odd_patients(), min_size=1, max_size=3),
    st.lists(st.integers(0, 2**16), max_size=3),
    st.booleans(),
)
def test_export_then_import_gives_the_same_patients(
    format: FileFormat, patients: list[Patient], cuts: list[int], for_spreadsheet: bool
) -> None:
    content = written(format, *patients, for_spreadsheet=for_spreadsheet)
    again = imported(format, content, cuts)
    assert [settable(patient) for patient in again] == [settable(patient) for patient in patients]
    if format is FileFormat.CSV and for_spreadsheet:
        cells = [cell for record in csv.reader(StringIO(content.decode("utf-8-sig"), newline="")) for cell in record]
        assert not [cell for cell in cells if cell[:1] in {*"=+-@\t\r"}]


@pytest.mark.parametrize("for_spreadsheet", [False, True])
@pytest.mark.parametrize("name", ["'=1", "''+1", '="1"', "'t", "''", "-", "=", "=1+1", "@a", '\'="1"'])
def test_name_that_looks_escaped_survives_export_and_import(name: str, for_spreadsheet: bool) -> None:
    content = written(FileFormat.CSV, evolve(PATIENT, first_name=name), for_spreadsheet=for_spreadsheet)
    assert imported(FileFormat.CSV, content, [])[0].first_name == name


def test_csv_has_a_column_for_each_stored_value() -> None:
    synced = evolve(PATIENT, last_synced_at=NOW + timedelta(microseconds=5))
    header, first, second = csv.reader(
        StringIO(written(FileFormat.CSV, synced, evolve(PATIENT, phone=None, identifiers=())).decode(), newline="")
    )
    assert header == ["id", *SETTABLE, "merged_into", "version", "last_synced_at", "created_at", "updated_at"]
    assert {name: cell for name, cell in zip(header, first, strict=True) if cell} == {
        "id": "00000000-0000-0000-0000-000000000007",
        "first_name": 'Ada "A"',
        "last_name": "Byron, née O'Neil",
        "email": "ada@example.org",
        "phone": "+12015550100",
        "date_of_birth": "1985-12-10",
        "sex": "unknown",
        "identifiers": 'mrn|7|"8"\nurn:oid:1.2|9',
        "external_id": "ext;1",
        "status": "active",
        "version": "1",
        "last_synced_at": "2026-01-31T09:30:00.000005Z",
        "created_at": "2026-01-31T09:30:00Z",
        "updated_at": "2026-01-31T09:30:00Z",
    }
    assert set(header) - {name for name, cell in zip(header, second, strict=True) if cell} >= {"phone", "identifiers"}


def test_csv_follows_rfc_4180() -> None:
    header, row = written(FileFormat.CSV, evolve(PATIENT, identifiers=())).removesuffix(b"\r\n").split(b"\r\n")
    assert header.startswith(b"id,first_name,middle_name,last_name,")
    assert row.startswith(b'00000000-0000-0000-0000-000000000007,"Ada ""A""",,"Byron, n\xc3\xa9e O\'Neil",,')


def test_object_has_a_member_for_each_stored_value() -> None:
    (line,) = written(FileFormat.NDJSON, PATIENT).splitlines()
    assert json.loads(line) == {
        "id": "00000000-0000-0000-0000-000000000007",
        "first_name": 'Ada "A"',
        "middle_name": None,
        "last_name": "Byron, née O'Neil",
        "prefix": None,
        "suffix": None,
        "other_names": [],
        "email": "ada@example.org",
        "email_shared": False,
        "phone": "+12015550100",
        "other_phones": [],
        "date_of_birth": "1985-12-10",
        "date_of_birth_estimated": False,
        "deceased": False,
        "sex": "unknown",
        "language": None,
        "addresses": [],
        "contacts": [],
        "identifiers": [{"system": "mrn", "value": '7|"8"'}, {"system": "urn:oid:1.2", "value": "9"}],
        "status": "active",
        "merged_into": None,
        "version": 1,
        "external_id": "ext;1",
        "last_synced_at": None,
        "created_at": "2026-01-31T09:30:00Z",
        "updated_at": "2026-01-31T09:30:00Z",
    }


FULL = details(
    middle_name="King",
    prefix="Countess",
    suffix="III",
    other_names=[{"use": "maiden", "last_name": "Byron"}, {"use": "nickname", "first_name": 'A "the" =1'}],
    email_shared=True,
    phone="+12015550100",
    other_phones=[{"use": "work", "value": "+442079460958"}],
    date_of_birth="1985-12",
    date_of_birth_estimated=True,
    deceased="2025",
    sex="female",
    language="pt-BR",
    addresses=[{"lines": ["12, St James's Square", "Flat 1"], "city": "London", "country": "GB"}, {"city": "Łódź"}],
    contacts=[{"relationship": "son", "name": "Ralph | King", "email": "ralph@example.org"}],
    identifiers=[{"system": "mrn", "value": "7"}, {"system": "urn:oid:1.2", "value": "9"}],
    external_id="x7",
    status="inactive",
)


@pytest.mark.parametrize("for_spreadsheet", [False, True])
@pytest.mark.parametrize("format", TEXT_FORMATS)
def test_full_record_survives_export_and_import(format: FileFormat, for_spreadsheet: bool) -> None:
    patient = Patient.register(UUID(int=7), NOW, RULES, **FULL)
    assert set(FULL) == set(SETTABLE)
    (again,) = imported(format, written(format, patient, for_spreadsheet=for_spreadsheet), [])
    assert settable(again) == settable(patient)


@pytest.mark.parametrize("deceased", [False, True, "2025-12", "2025-12-31"])
@pytest.mark.parametrize("format", TEXT_FORMATS)
def test_deceased_survives_export_and_import(format: FileFormat, deceased: object) -> None:
    patient = Patient.register(UUID(int=7), NOW, RULES, **anything(last_name="Suharto", deceased=deceased))
    (again,) = imported(format, written(format, patient), [])
    assert settable(again) == settable(patient)


def test_timestamps_are_written_in_utc() -> None:
    elsewhere = evolve(PATIENT, updated_at=NOW.astimezone(timezone(timedelta(hours=5))))
    assert written(FileFormat.NDJSON, elsewhere) == written(FileFormat.NDJSON, PATIENT)


def test_export_without_patients_is_a_header_or_empty() -> None:
    assert written(FileFormat.CSV).count(b"\r\n") == 1
    assert written(FileFormat.NDJSON) == b""


@pytest.mark.parametrize("format", TEXT_FORMATS)
def test_patients_are_exported_lazily_in_blocks(format: FileFormat) -> None:
    asked: list[int] = []
    pieces = write_patients(format, (asked.append(number) or PATIENT for number in range(2_000)))
    first = next(pieces)
    assert len(asked) < 300
    others = list(pieces)
    assert all(32 * 1024 <= len(piece) <= 33 * 1024 for piece in [first, *others[:-1]])
    assert len(imported(format, b"".join([first, *others]), [])) == 2_000
