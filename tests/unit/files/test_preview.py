import pytest

from core.errors import ValidationError
from core.files import FileFormat, FileOptions, preview_file


def columns(content: bytes, format: FileFormat = FileFormat.CSV) -> list[tuple[str, str | None, tuple[str, ...]]]:
    preview = preview_file(format, content, FileOptions())
    return [(one.title, one.field, one.samples) for one in preview.columns]


def test_columns_have_their_fields_and_the_texts_of_the_first_rows() -> None:
    content = b'sep=;\nGiven name;Cell No.;id;;given-name\nAda;"1;2";7;;x\n\nEve\n;;;;\nMax;+49;8;;y\nZoe;;;;\n'
    assert columns(content) == [
        ("Given name", "first_name", ("Ada", "Eve", "Max")),
        ("Cell No.", None, ("1;2", "", "+49")),
        ("id", "", ("7", "", "8")),
    ]


def test_a_header_of_unknown_names_is_split_by_the_delimiter_that_finds_most() -> None:
    assert columns(b"Vorname|Nachname|Tel, privat\nAda|Byron|1\n") == [
        ("Vorname", None, ("Ada",)),
        ("Nachname", None, ("Byron",)),
        ("Tel, privat", None, ("1",)),
    ]


def test_samples_are_short_and_printable() -> None:
    [(_, _, samples)] = columns(b"first_name\n" + b"A" * 100 + b'\n"not closed\nAd\xe4\n="07"\n')
    assert samples == ("A" * 40, "Ad?", "07")


def test_members_of_the_first_objects_are_columns() -> None:
    content = b'{"first_name":"Ada","errors":[]}\nno object\n{"Cell":12,"first_name":"Eve"}\n'
    assert columns(content, FileFormat.NDJSON) == [
        ("first_name", "first_name", ("Ada", "Eve")),
        ("Cell", "phone", ("", "12")),
    ]
    assert columns(b"no object\n", FileFormat.NDJSON) == []


@pytest.mark.parametrize("content", [b"", b" \n", b"PK\x03\x04", b"Ad\xe4\n", b"a\0b\n", b"a" * 64 * 1024])
def test_a_file_that_is_no_text_with_a_header_is_refused(content: bytes) -> None:
    with pytest.raises(ValidationError) as refused:
        columns(content)
    assert [error.field for error in refused.value.errors] == ["file"]
