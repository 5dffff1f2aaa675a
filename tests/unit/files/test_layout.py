import pytest

from core.errors import ValidationError
from core.files import MAX_RECORD_BYTES, FileFormat, Layout, read_layout
from core.patients.fields import SETTABLE
from tests.unit.files.reading import ADA, ADAS, HEADER, TEXT_FORMATS, codes, rows_of

REQUIRED = b"first_name,last_name,email,date_of_birth"


def layout_of(head: bytes) -> Layout:
    return read_layout(FileFormat.CSV, head)


def faults_of(head: bytes, format: FileFormat = FileFormat.CSV) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        read_layout(format, head)
    return {error.field: error.code for error in refused.value.errors}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_delimiter_is_detected_from_the_header(delimiter: str, mark: bytes) -> None:
    head = mark + REQUIRED.replace(b",", delimiter.encode()) + b"\r\nAda;,|\t"
    columns = ("first_name", "last_name", "email", "date_of_birth")
    start = len(mark + REQUIRED) + 2
    header = head[len(mark) : start - 2]
    assert layout_of(head) == Layout(FileFormat.CSV, delimiter, columns, header, start, 2, columns)


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ("First Name,FIRST_NAME,first-name,first.name, firstname ,First,Given Name,forename", "first_name"),
        ("Last Name,surname,Family Name,lastName", "last_name"),
        ("E-Mail,email,mail,Email Address", "email"),
        ("DOB,D.O.B.,Date of Birth,birth date,BirthDate,birthday", "date_of_birth"),
        ("Phone,Telephone,tel.,Mobile,phone number,Mobile Phone", "phone"),
        ("Sex,Gender,administrative sex", "sex"),
        ("External ID,source id", "external_id"),
        ("Identifiers", "identifiers"),
        ("STATUS", "status"),
    ],
)
def test_common_column_names_are_recognized(columns: str, field: str) -> None:
    others = [name for name in REQUIRED.decode().split(",") if name != field]
    for column in columns.split(","):
        assert layout_of(",".join([*others, column]).encode()).columns == (*others, field)


def test_every_settable_field_has_a_column_with_its_name() -> None:
    assert layout_of(",".join(reversed(SETTABLE)).encode()).columns == tuple(reversed(SETTABLE))


def test_columns_of_exports_and_rejects_files_are_ignored() -> None:
    added = b"id,Full Name,age,version,last_synced_at,created_at,updated_at,line,field,reason,age"
    layout = layout_of(added + b"," + REQUIRED)
    assert layout.columns == ("",) * 11 + ("first_name", "last_name", "email", "date_of_birth")


def test_every_invalid_column_is_reported_by_its_original_name() -> None:
    assert faults_of(b"phone,Shoe Size,email,E-Mail,,dob\n") == {
        "Shoe Size": "unknown",
        "E-Mail": "repeated",
        "first_name": "required",
    }


@pytest.mark.parametrize("name", ["First Name", "surname"])
def test_one_column_for_a_name_suffices(name: str) -> None:
    assert len(layout_of(f"{name},sex\nAda,f\n".encode()).columns) == 2


@pytest.mark.parametrize("format", TEXT_FORMATS)
@pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf", b" \r\n\n"])
def test_empty_file_is_refused(format: FileFormat, head: bytes) -> None:
    assert faults_of(head, format) == {"file": "empty"}


@pytest.mark.parametrize("head", [b",,,\n", b"sep=;\n", b"sep=;\n;;\n"])
def test_file_without_a_header_is_refused_as_empty(head: bytes) -> None:
    assert faults_of(head, FileFormat.CSV) == {"file": "empty"}


@pytest.mark.parametrize("head", [HEADER, HEADER.strip(), HEADER + b"\r\n\n"])
def test_file_with_only_a_header_has_no_rows(head: bytes) -> None:
    assert rows_of(head) == []


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (ADA + b"\n", "header"),
        (b"id,version\n1,2\n", "header"),
        (b'"' + HEADER + ADA, "header"),
        (HEADER.decode().encode("utf-16"), "encoding"),
        (HEADER.replace(b"phone", b"t\xe9l"), "encoding"),
        (b"\x00\xff" * 9, "encoding"),
        (REQUIRED + b"," * MAX_RECORD_BYTES, "too_long"),
    ],
)
def test_unreadable_header_is_refused(head: bytes, code: str) -> None:
    assert faults_of(head[:MAX_RECORD_BYTES]) == {"file": code}


def test_header_lines_are_counted() -> None:
    header = b'first_name,last_name,"e-\nmail",date_of_birth'
    layout = layout_of(b"\n\r\n" + header + b"\n" + ADA)
    assert (layout.first_line, layout.start, layout.header) == (5, len(header) + 4, header)


def test_ndjson_has_no_header() -> None:
    layout = read_layout(FileFormat.NDJSON, b"\xef\xbb\xbf{}\n")
    assert layout == Layout(FileFormat.NDJSON, "", (), b"", 3, 1)


def test_quoted_column_name_is_recognized() -> None:
    (row,) = rows_of(HEADER.replace(b"first_name", b'"first_name"') + ADA)
    assert (row.values, codes(row), row.line) == (ADAS, {}, 2)
