"""Files of patients over the API: imports, their rejects, and the export."""

from collections.abc import Callable, Iterator
from csv import DictReader
from datetime import timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from attrs import evolve
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import StreamingHttpResponse
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from bootstrap import Container
from core.patients.entities import Patient
from tests.fakes import details
from tests.http_api.client import Answer, Api
from tests.http_api.conftest import CSV, SETUP
from tests.http_api.problems import errors, kind
from tests.spreadsheets import DATE, number, text, xlsx

CSV_HEADER = ["First name", "Surname", "E-mail", "DOB", "Identifiers"]
FILES = Path(__file__).parents[1] / "files"

pytestmark = pytest.mark.django_db(transaction=True)


def send(api: Api, content: bytes = CSV, name: str = "patients.csv", **fields: str) -> Answer:
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile(name, content), **fields})
    return api.call("POST", "imports/", body, content_type=MULTIPART_CONTENT)


def run(registry: Container) -> None:
    for job in registry.dispatch_runnable_jobs()(actor=SETUP):
        registry.run_job()(actor=SETUP, job_id=job.id)


def body_of(answer: Answer) -> bytes:
    pieces: Iterator[bytes] = cast("StreamingHttpResponse", answer).streaming_content  # type: ignore[assignment]  # sync, here
    return b"".join(pieces)


def test_an_import_is_accepted_processed_and_reported(registry: Container, clerk: Api) -> None:
    asked = send(clerk)
    assert (asked.status_code, asked["Retry-After"]) == (202, "2")
    assert (asked.json()["state"], asked.json()["total"], asked.json()["format"]) == ("queued", 2, "csv")
    run(registry)
    done = clerk.get(asked["Location"]).json()
    assert done["state"] == "completed"
    assert done["counts"] == {"added": 1, "updated": 0, "unchanged": 0, "duplicate": 0, "rejected": 1}
    assert [one["id"] for one in clerk.get("imports/").json()["results"]] == [done["id"]]


def test_old_jobs_are_purged_once_a_day(registry: Container, clerk: Api) -> None:
    def end_long_ago() -> str:
        asked = send(clerk)
        run(registry)
        job = registry.jobs().get(UUID(asked.json()["id"]))
        assert job.ended_at
        registry.jobs().replace(evolve(job, ended_at=job.ended_at - timedelta(days=31)))
        return asked["Location"]

    purge, first = registry.daily_purge(), end_long_ago()
    purge()
    assert clerk.get(first).status_code == 404
    second = end_long_ago()
    purge()
    assert clerk.get(second).status_code == 200


def test_the_rejects_file_can_be_corrected_and_imported(registry: Container, clerk: Api) -> None:
    asked = send(clerk).json()
    run(registry)
    answer = clerk.get(asked["rejects"])
    assert answer["Content-Type"].startswith("text/csv")
    content = body_of(answer)
    (row,) = DictReader(content.decode().splitlines())
    assert (row["line"], row["field"], row["email"]) == ("3", "email", "not one")
    send(clerk, content.replace(b"not one", b"eve2@example.org").replace(b"Eve,King", b"Zoe,King"))
    run(registry)
    assert len(clerk.get("patients/?q=king").json()["results"]) == 2


def test_an_import_is_cancelled(clerk: Api) -> None:
    asked = send(clerk).json()
    assert clerk.post(f"imports/{asked['id']}/cancel/").json()["state"] == "cancelled"
    assert clerk.post(f"imports/{asked['id']}/cancel/").status_code == 409


def test_ndjson_is_detected_by_file_name_or_given_as_the_format(registry: Container, clerk: Api) -> None:
    line = b'{"first_name": "Eve", "last_name": "King", "email": "eve@example.org", "date_of_birth": "1985-12-10"}\n'
    assert send(clerk, line, "patients.ndjson", dry_run="true").json()["format"] == "ndjson"
    assert send(clerk, line, "patients.txt", format="ndjson").json()["format"] == "ndjson"
    assert send(clerk, line, "PATIENTS.JSONL").json()["id"] == clerk.get("imports/").json()["results"][0]["id"]
    run(registry)
    counts = [one["counts"]["added"] for one in clerk.get("imports/").json()["results"]]
    assert counts == [1, 1]
    assert len(clerk.get("patients/").json()["results"]) == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"dry_run": "perhaps"}, ("dry_run", "type")),
        ({"update": "1"}, ("update", "type")),
        ({"format": "xls"}, ("format", "choice")),
        ({"replace": "true"}, ("replace", "unknown")),
        ({"encoding": "ebcdic"}, ("encoding", "choice")),
        ({"date_format": "DD/MM/YY"}, ("date_format", "invalid")),
        ({"ignore_unknown": "1"}, ("ignore_unknown", "type")),
        ({"columns": "phone"}, ("columns", "type")),
        ({"columns": '{"a":"phone","a":null}'}, ("columns", "type")),
        ({"columns": '{"Cell":"telephone"}'}, ("columns.Cell", "choice")),
    ],
)
def test_an_invalid_field_is_named(clerk: Api, fields: dict[str, str], error: tuple[str, str]) -> None:
    assert errors(send(clerk, CSV, "patients.csv", **fields)) == {error}


def test_an_option_sent_as_a_file_is_refused(clerk: Api) -> None:
    parts = {"file": SimpleUploadedFile("patients.csv", CSV), "dry_run": SimpleUploadedFile("dry_run", b"true")}
    answer = clerk.call("POST", "imports/", encode_multipart(BOUNDARY, parts), content_type=MULTIPART_CONTENT)
    assert errors(answer) == {("dry_run", "type")}
    assert clerk.get("imports/").json()["results"] == []


@pytest.mark.parametrize("part", ["file", "dry_run"])
def test_a_repeated_part_is_refused(clerk: Api, part: str) -> None:
    file = SimpleUploadedFile("patients.csv", CSV)
    sent: dict[str, object] = {"file": file, "dry_run": ["true", "false"]}
    if part == "file":
        sent = {"file": [file, SimpleUploadedFile("more.csv", CSV)], "dry_run": "true"}
    body = encode_multipart(BOUNDARY, sent)
    assert errors(clerk.call("POST", "imports/", body, content_type=MULTIPART_CONTENT)) == {(part, "repeated")}
    assert clerk.get("imports/").json()["results"] == []


@pytest.mark.parametrize(
    "part",
    [
        b"Content-Disposition: form-data\r\n\r\ntrue",
        b'Content-Disposition: form-data; filename="more.csv"\r\n\r\n' + CSV * 2_000,
        b'Content-Disposition: form-data; name="dry_run"; filename=".."\r\n\r\ntrue',
        b"Content-Type: text/plain\r\n\r\ntrue",
        b"true",
        b"",
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_a_part_without_a_name_is_refused(clerk: Api, part: bytes, before: bool) -> None:
    file = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("patients.csv", CSV)})
    nameless, close = f"--{BOUNDARY}\r\n".encode() + part + b"\r\n", f"--{BOUNDARY}--\r\n".encode()
    body = nameless + file if before else file.removesuffix(close) + nameless + close
    assert errors(clerk.call("POST", "imports/", body, content_type=MULTIPART_CONTENT)) == {("", "parts")}
    assert clerk.get("imports/").json()["results"] == []


def test_a_form_that_is_not_closed_is_refused(clerk: Api) -> None:
    whole = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("patients.csv", CSV), "dry_run": "true"})
    cut = whole[: -len(f"\r\n--{BOUNDARY}--\r\n")]
    assert errors(clerk.call("POST", "imports/", cut, content_type=MULTIPART_CONTENT)) == {("", "parts")}
    assert errors(clerk.call("POST", "imports/", whole, content_type="multipart/form-data")) == {("", "parts")}


@pytest.mark.parametrize("size", [64 * 1024, 64 * 1024 - 20, 200_000])
def test_a_file_is_read_completely_however_the_body_is_split(clerk: Api, size: int) -> None:
    content = CSV + CSV.splitlines(keepends=True)[1] * (size // 36)
    asked = send(clerk, content[:size], "patients.csv", dry_run="true")
    assert (asked.status_code, asked.json()["total"]) == (
        202,
        content[:size].count(b"\n") - content[:size].endswith(b"\n"),
    )


def test_options_are_limited_in_size(clerk: Api) -> None:
    columns = '{"' + "a" * 70_000 + '": null}'
    assert kind(send(clerk, CSV, "patients.csv", columns=columns)) == "too-large"


def test_an_option_in_the_query_is_refused(clerk: Api) -> None:
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("patients.csv", CSV)})
    answer = clerk.call("POST", "imports/?dry_run=true", body, content_type=MULTIPART_CONTENT)
    assert errors(answer) == {("dry_run", "unknown")}


def test_a_file_is_required_and_must_have_the_columns(clerk: Api) -> None:
    empty = clerk.call("POST", "imports/", encode_multipart(BOUNDARY, {}), content_type=MULTIPART_CONTENT)
    assert errors(empty) == {("file", "required")}
    assert errors(clerk.call("POST", "imports/", b"", content_type="")) == {("file", "required")}
    assert ("shoe size", "unknown") in errors(send(clerk, b"first name,shoe size\n"))
    assert kind(clerk.post("imports/", {})) == "unsupported-media-type"
    assert clerk.get("imports/").json()["results"] == []


def test_a_file_that_is_too_large_is_refused(clerk: Api, settings: pytest.FixtureRequest) -> None:
    settings.IMPORT_MAX_BYTES = len(CSV)  # type: ignore[attr-defined]  # pytest-django's own
    assert kind(send(clerk)) == "too-large"


def test_a_public_file_is_imported_with_options_alone(registry: Container, clerk: Api) -> None:
    header, *lines = (FILES / "synthea_patients.csv").read_text(encoding="utf-8").splitlines()
    rows = [f"{line};{line.partition(';')[0]}@example.org" for line in lines]
    content = "\n".join([f"{header};EMAIL", *rows]).encode()
    asked = send(clerk, content, ignore_unknown="true", date_format="M/D/YYYY", columns='{"SSN": "external_id"}').json()
    assert (asked["assumed"]["delimiter"], asked["assumed"]["encoding"]) == (";", "utf-8")
    used = {name: field for name, field in asked["assumed"]["columns"].items() if field}
    assert used == {
        "BIRTHDATE": "date_of_birth", "DEATHDATE": "deceased", "PREFIX": "prefix", "FIRST": "first_name",
        "LAST": "last_name", "SUFFIX": "suffix", "GENDER": "sex", "EMAIL": "email", "SSN": "external_id",
    }  # fmt: skip
    assert asked["assumed"]["columns"].keys() == set(header.split(";")) | {"EMAIL"}
    run(registry)
    assert clerk.get(f"imports/{asked['id']}/").json()["counts"]["added"] == len(rows)
    (jose,) = clerk.get("patients/?external_id=999-76-6866").json()["results"]
    assert (jose["full_name"], jose["date_of_birth"], jose["sex"]) == ("José Eduardo181 Gómez206", "1989-05-25", "male")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_the_detected_encoding_is_reported(registry: Container, clerk: Api, encoding: str) -> None:
    text = (
        "first_name\tlast_name\temail\tgender\tdob\tcell_phone\tzip_code\r\n"
        "Zoë\tFaßbinder’s\tzoe@example.org\tFemale\t1967-02-12 00:00:00 UTC\t(450) 428-3286\t87397.0\r\n"
    )
    asked = send(clerk, text.encode(encoding), ignore_unknown="true").json()
    assert asked["assumed"]["encoding"] == {"utf-16": "utf-16-le"}.get(encoding, encoding)
    run(registry)
    (zoe,) = clerk.get("patients/").json()["results"]
    assert (zoe["full_name"], zoe["date_of_birth"], zoe["phone"]) == ("Zoë Faßbinder’s", "1967-02-12", "+14504283286")


def test_a_spreadsheet_is_imported_and_its_rejects_have_its_row_numbers(registry: Container, clerk: Api) -> None:
    header = [text(name, f"{column}2") for column, name in zip("ABCDE", CSV_HEADER, strict=True)]
    ada = [text("Ada", "A4"), text("Byron", "B4"), text("ada@example.org", "C4"), number("32568", "D4", DATE)]
    ada.append(text("urn:a|1\nurn:b|2", "E4"))
    eve = [text("Eve", "A5"), text("King", "B5"), number("1.2345678901234568E17", "C5"), number("32568", "D5", DATE)]
    asked = send(clerk, xlsx(*header, *ada, *eve), "Ward.XLSX").json()
    assert (asked["format"], asked["assumed"]["sheet"], asked["assumed"]["delimiter"]) == ("xlsx", "Ward", None)
    run(registry)
    assert clerk.get(f"imports/{asked['id']}/").json()["counts"] == {
        "added": 1, "updated": 0, "unchanged": 0, "duplicate": 0, "rejected": 1,
    }  # fmt: skip
    (ada_json,) = clerk.get("patients/").json()["results"]
    assert (ada_json["date_of_birth"], len(ada_json["identifiers"])) == ("1989-03-01", 2)
    rejects = clerk.get(asked["rejects"])
    (row,) = DictReader(body_of(rejects).decode().splitlines())
    assert (rejects["Content-Type"], row["line"], row["field"]) == ("text/csv; charset=utf-8", "5", "email")


@pytest.mark.parametrize(
    ("name", "content", "fields", "error"),
    [
        ("ward.xlsx", CSV, {}, ("file", "format")),
        ("ward.csv", xlsx(), {}, ("file", "format")),
        ("ward.ods", xlsx(text("shoe size", "A1")), {}, ("file", "header")),
        ("ward.xlsx", xlsx(text("a", "A1")), {"encoding": "utf-8"}, ("encoding", "excluded")),
    ],
)
def test_a_spreadsheet_that_does_not_fit_is_refused(
    clerk: Api, name: str, content: bytes, fields: dict[str, str], error: tuple[str, str]
) -> None:
    assert error in errors(send(clerk, content, name, **fields))


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("Łukasz", "cp1250"),
        ("Иван", "cp1251"),
        ("José", "cp1252"),
        ("Ελένη", "cp1253"),
        ("Ayşe", "cp1254"),
        ("Jānis", "cp1257"),
        ("Šárka", "iso-8859-2"),
        ("Işıl", "iso-8859-9"),
        ("Šimon", "iso-8859-15"),
        ("Zoë", "mac-roman"),
    ],
)
def test_an_8_bit_encoding_must_be_named_and_is_never_guessed(
    registry: Container, clerk: Api, name: str, encoding: str
) -> None:
    content = CSV.replace(b"Eve", name.encode(encoding))
    refused = send(clerk, content)
    assert errors(refused) == {("encoding", "required")}
    assert encoding in refused.json()["errors"][0]["message"]
    assert clerk.get("imports/").json()["results"] == []
    assert send(clerk, content, encoding=encoding).json()["assumed"]["encoding"] == encoding
    run(registry)
    assert [one["first_name"] for one in clerk.get("patients/").json()["results"]] == [name]


def test_invalid_utf_8_rejects_only_its_row(registry: Container, clerk: Api) -> None:
    asked = send(clerk, CSV + b"Jos\xe9,King,jose@example.org,1985-12-10\n", encoding="utf-8").json()
    run(registry)
    counts = clerk.get(f"imports/{asked['id']}/").json()["counts"]
    assert (counts["added"], counts["rejected"]) == (1, 2)


@pytest.mark.parametrize("query", ["", "?spreadsheet=true"])
@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson"])
def test_an_export_imports_as_the_same_registry(
    registry: Container, register: Callable[..., Patient], clerk: Api, accept: str, query: str
) -> None:
    identifiers = [
        {"system": "urn:mrn", "value": 'a "b",c'}, {"system": "urn:x", "value": "7|8"},
        {"system": "urn:y", "value": "3.10820712E9"},
    ]  # fmt: skip
    register(first_name="Zoë, the 2nd", phone="+12015550123", identifiers=identifiers, status="inactive")
    register(email="eve@example.org", external_id="EHR-7", sex="female")
    register(email="ida@example.org", external_id="1E+20")
    register(email="may@example.org", external_id="'1E+20")
    answer = clerk.get(f"patients/export/{query if 'csv' in accept else ''}", Accept=accept)
    assert answer["Content-Type"].startswith(accept)
    content = body_of(answer)
    before = registry.patient_listing().list_oldest_first(after=None, limit=9)
    for patient in before:
        registry.erase_patient()(actor=SETUP, patient_id=patient.id)
    send(clerk, content, "export." + ("csv" if "csv" in accept else "ndjson"))
    run(registry)
    assert [one.to_json() for one in registry.patient_listing().list_oldest_first(after=None, limit=9)] == [
        one.to_json() for one in before
    ]


def test_an_export_is_csv_by_default(clerk: Api, register: Callable[..., Patient]) -> None:
    register(**details())
    assert clerk.get("patients/export/")["Content-Type"] == "text/csv; charset=utf-8"
    refused = clerk.get("patients/export/", Accept="application/pdf")
    assert (refused.status_code, kind(refused)) == (406, "not-acceptable")
    assert clerk.get("patients/export/?q=ada").status_code == 400


def test_an_export_for_a_spreadsheet_has_no_formulas(clerk: Api, register: Callable[..., Patient]) -> None:
    register(**details(first_name="=1+1", phone="+12015550123"))
    (row,) = DictReader(body_of(clerk.get("patients/export/?spreadsheet=true")).decode("utf-8-sig").splitlines())
    assert (row["first_name"], row["phone"]) == ("'=1+1", "'+12015550123")
    assert b"'" not in body_of(clerk.get("patients/export/"))
    assert errors(clerk.get("patients/export/?spreadsheet=yes")) == {("spreadsheet", "type")}
    ndjson = clerk.get("patients/export/?spreadsheet=true", Accept="application/x-ndjson")
    assert errors(ndjson) == {("spreadsheet", "format")}
