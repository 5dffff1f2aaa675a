import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FieldError
from core.files import WHOLE_ROW, FileFormat, FileOptions, Layout, Reject, read_layout, read_row_cells, write_row_cells
from tests.unit.files.reading import HEADER, rows_of

OPTIONS = FileOptions(columns={"Cell": "phone"}, ignore_unknown=True)
CSV = read_layout(FileFormat.CSV, b"first_name;Notes;email;Cell;;identifiers\n", OPTIONS)
NDJSON = read_layout(FileFormat.NDJSON, b"{", OPTIONS)


def reject(raw: bytes, *fields: str) -> Reject:
    return Reject(2, raw, tuple(FieldError(name, "invalid", "Must be valid.") for name in fields))


def cells(layout: Layout, raw: bytes, *fields: str) -> list[tuple[str, str]]:
    return [(cell.name, cell.text) for cell in read_row_cells(layout, reject(raw, *fields))]


def test_a_row_has_a_cell_for_each_field_and_keeps_the_rest() -> None:
    raw = b'Ad\xc3\xa4;"x;\xff";not one;="007";;"mrn|1\nmrn|2"'
    assert cells(CSV, raw) == [
        ("first_name", "Adä"),
        ("email", "not one"),
        ("phone", "007"),
        ("identifiers", "mrn|1\nmrn|2"),
    ]
    corrected = write_row_cells(CSV, reject(raw), {1: "a;b@mail.example", 3: "mrn|1\r\nmrn|2"})
    assert corrected == b'Ad\xc3\xa4;"x;\xff";"a;b@mail.example";"=""007""";;"mrn|1\nmrn|2"'
    assert write_row_cells(CSV, reject(raw), {1: "not one", 3: "mrn|1\r\nmrn|2"}) == raw


def test_a_short_row_gets_its_missing_cells() -> None:
    assert cells(CSV, b"Ada") == [("first_name", "Ada"), ("email", ""), ("phone", ""), ("identifiers", "")]
    assert write_row_cells(CSV, reject(b"Ada"), {1: "a@mail.example"}) == b"Ada;;a@mail.example;;;"


def test_a_value_in_a_column_without_a_name_can_be_removed() -> None:
    assert cells(CSV, b"Ada;;;;stray")[3] == ("", "stray")
    assert write_row_cells(CSV, reject(b"Ada;;;;stray"), {3: ""}) == b"Ada;;;;;"


@pytest.mark.parametrize(
    ("layout", "raw"), [(CSV, b'"Ada;x'), (CSV, b"Ada;;;;;;one cell too many"), (NDJSON, b"Ada"), (NDJSON, b'{"a":1')]
)
def test_a_row_that_cannot_be_split_is_corrected_as_a_whole(layout: Layout, raw: bytes) -> None:
    assert cells(layout, raw) == [(WHOLE_ROW, raw.decode())]
    assert write_row_cells(layout, reject(raw), {0: "Ada;x"}) == b"Ada;x"


def test_what_cannot_be_shown_stays_if_it_is_not_changed() -> None:
    raw = b"Ad\xe4;;a\0b"
    assert cells(CSV, raw)[:2] == [("first_name", "Ad\ufffd"), ("email", "a\ufffdb")]
    assert write_row_cells(CSV, reject(raw), {0: "Ad\ufffd", 1: "ab"}) == b"Ad\xe4;;ab;;;"


def test_members_of_an_object_are_corrected_in_their_types() -> None:
    raw = b'{"line":7,"errors":[],"first_name":"","Cell":12,"addresses":[{"city":"Ulm"}],"age":3,"email_shared":true}'
    shown = cells(NDJSON, raw, "email", "phone", "row")
    assert shown == [
        ("first_name", ""),
        ("phone", "12"),
        ("addresses", '[{"city":"Ulm"}]'),
        ("email_shared", "true"),
        ("email", ""),
    ]
    texts = {1: "+442079460555", 2: '[{"city":"Bonn"}]', 3: "no", 4: "a@mail.example"}
    assert json.loads(write_row_cells(NDJSON, reject(raw, "email"), texts)) == {
        "line": 7,
        "errors": [],
        "first_name": "",
        "Cell": "+442079460555",
        "addresses": [{"city": "Bonn"}],
        "age": 3,
        "email_shared": False,
        "email": "a@mail.example",
    }
    without = json.loads(write_row_cells(NDJSON, reject(raw, "email"), {1: "", 2: "no list", 3: ""}))
    assert ("Cell" in without, without["addresses"], "email_shared" in without) == (False, "no list", False)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")).map(str.strip))
def test_an_import_reads_what_was_typed(text: str) -> None:
    layout = read_layout(FileFormat.CSV, HEADER)
    raw = write_row_cells(layout, reject(b"Ada,Byron"), {1: text})
    [row] = rows_of(HEADER + raw)
    assert row.values.get("last_name", "") == text
