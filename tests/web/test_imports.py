import re
from collections.abc import Callable, Iterator
from typing import cast
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client

from bootstrap import Container
from core.access import Role
from core.jobs.entities import Job, JobKind
from core.patients.entities import Patient
from tests.http_api.conftest import CSV, PASSWORD, SETUP
from tests.spreadsheets import text, xlsx
from tests.web.forms import filled_in
from tests.web.pages import html_of, text_of, value_of

pytestmark = pytest.mark.django_db(transaction=True)

IMPORT = "/console/import/"


def upload(browser: Client, content: bytes = CSV, name: str = "patients.csv", **fields: str) -> HttpResponse:
    form = {"key": str(uuid4()), "file": SimpleUploadedFile(name, content), **fields}
    return cast("HttpResponse", browser.post(IMPORT, form))


def options(browser: Client, content: bytes = CSV, name: str = "patients.csv") -> tuple[str, dict[str, str]]:
    """The address of the form that says how the file is read, and what a browser sends if nobody changes it."""
    page = upload(browser, content, name)["Location"]
    return page, filled_in(html_of(browser.get(page)), "options")


def send(browser: Client, content: bytes = CSV, name: str = "patients.csv", step: str = "import", **fields: str) -> str:
    """The address of the job."""
    page, form = options(browser, content, name)
    answer = browser.post(page, form | {"step": step} | fields)
    assert (answer.status_code, text_of(answer)) == (302, "")
    return answer["Location"]


def run(registry: Container) -> None:
    for job in registry.dispatch_runnable_jobs()(actor=SETUP):
        registry.run_job()(actor=SETUP, job_id=job.id)


def imports(registry: Container) -> tuple[Job, ...]:
    return registry.list_jobs()(actor=SETUP, kind=JobKind.IMPORT).items


def test_a_file_is_imported_and_its_job_described_in_words(clerk: Client, registry: Container) -> None:
    job = send(clerk)
    waiting = clerk.get(job)
    assert "Queued It begins as soon as a worker is free. 0 of 2 lines." in text_of(waiting)
    assert f'hx-get="{job}?looks=1"' in html_of(waiting)
    run(registry)
    done = text_of(clerk.get(job))
    assert "Import Completed It is done. 2 of 2 rows: 1 added, 1 rejected." in done
    assert "CSV, utf-8 Separated by ," in done
    assert "first_name → first_name" in done
    assert "by you" in done


def test_the_page_of_a_job_refreshes_itself_for_a_limited_time(clerk: Client, registry: Container) -> None:
    job = send(clerk)
    for looks, shown in (("7", "?looks=8"), ("449", "?looks=450"), ("x", "?looks=1")):
        assert f'hx-get="{job}{shown}"' in html_of(clerk.get(job, {"looks": looks}))
    left = clerk.get(job, {"looks": "450"})
    assert "hx-get" not in html_of(left)
    assert f'href="{job}">Refresh<' in html_of(left)
    run(registry)
    assert "hx-get" not in html_of(clerk.get(job))


def test_the_columns_of_a_file_are_shown_and_chosen(clerk: Client, registry: Container) -> None:
    content = b"Given name;Cell No.;Notes;DOB\nAda;+442079460555;private;10/12/1985\n;;;\nEve;x;;\n"
    page, form = options(clerk, content)
    shown = text_of(clerk.get(page))
    assert "2 columns are not recognised." in shown
    assert "Cell No. +442079460555 x" in shown
    chosen = {n: form[f"column-{n}"] for n in range(4)}
    assert chosen == {0: "first_name", 1: "", 2: "", 3: "date_of_birth"}
    job = clerk.post(page, form | {"column-1": "phone", "date_format": "DD/MM/YYYY", "step": "import"})["Location"]
    run(registry)
    done = text_of(clerk.get(job))
    assert "Import Completed It is done. 2 of 2 rows: 1 added, 1 rejected." in done
    assert "Cell No. → phone Notes → ignored" in done
    [ada] = registry.search_patients()(actor=SETUP).patients
    assert (ada.phone, str(ada.date_of_birth)) == ("+442079460555", "1985-12-10")


def test_a_check_changes_nothing_and_the_file_is_imported_without_sending_it_again(
    clerk: Client, registry: Container
) -> None:
    page, form = options(clerk, CSV.replace(b"date_of_birth\n", b"date_of_birth,Cell\n"))
    sent = form | {"step": "check", "update": "on", "date_format": "DD/MM/YYYY", "column-4": "phone"}
    job = clerk.post(page, sent)["Location"]
    run(registry)
    done = clerk.get(job)
    assert "1 added, 1 rejected" in text_of(done)
    assert "Reason 3 Email Must be a valid email address" in text_of(done)
    assert not registry.search_patients()(actor=SETUP).patients
    [again] = re.findall(r'href="(/console/import/\?like=[^"]*)"', html_of(done))
    assert f'href="{page}"' in html_of(clerk.get(IMPORT))
    form_again = clerk.get(again, follow=True)
    filled = filled_in(html_of(form_again), "options")
    assert {name: filled[name] for name in ("update", "date_format", "column-4")} == {
        "update": "on", "date_format": "DD/MM/YYYY", "column-4": "phone",
    }  # fmt: skip
    clerk.post(page, filled | {"step": "import"})
    run(registry)
    assert len(registry.search_patients()(actor=SETUP).patients) == 1
    assert clerk.get(page).status_code == 404
    assert "Send it once more" in text_of(clerk.get(again))
    repeated = upload(clerk, CSV.replace(b"date_of_birth\n", b"date_of_birth,Cell\n"))
    assert repeated.status_code == 302


def test_only_who_sent_a_file_sees_it_until_it_is_removed_or_expires(
    clerk: Client, sign_in_as: Callable[[Role], Client]
) -> None:
    page, form = options(clerk)
    other = sign_in_as(Role.ADMIN)
    for step in ("show", "check", "remove"):
        assert other.post(page, form | {"step": step}).status_code == 404
    assert clerk.get(page).status_code == 200
    assert "The file is removed." in text_of(clerk.post(page, form | {"step": "remove"}, follow=True))
    assert clerk.get(page).status_code == 404


def test_a_form_that_is_sent_twice_imports_once(clerk: Client, registry: Container) -> None:
    page, form = options(clerk)
    first = clerk.post(page, form | {"step": "import"})["Location"]
    run(registry)
    assert clerk.post(page, form | {"step": "import"})["Location"] == first
    assert len(imports(registry)) == 1


def test_a_file_that_is_sent_twice_is_kept_once(clerk: Client) -> None:
    key = value_of(clerk.get(IMPORT), "key")
    first = upload(clerk, key=key)["Location"]
    assert upload(clerk, key=key)["Location"] == first
    other = upload(clerk, CSV.replace(b"Eve", b"Zoe"), key=key)
    assert (other.status_code, "This form has sent another file before." in text_of(other)) == (409, True)


def test_what_is_wrong_with_a_file_or_an_option_is_said(clerk: Client, registry: Container) -> None:
    for content, name, fields, shown in (
        (b"email\na@mail.example\n", "a.csv", {}, "Choose the column of the first name or of the last name."),
        (CSV, "a.csv", {"column-0": "last_name"}, "Another column already holds the last_name."),
        (CSV, "a.csv", {"date_format": "x"}, "Must have D or DD, M or MM, and YYYY"),
        (CSV, "a.csv", {"column-0": "telephone"}, "Must be one of: first_name"),
        (CSV, "a.csv", {"encoding": "x"}, "Select a valid choice."),
        (CSV, "a.csv", {"key": ""}, ""),
    ):
        page, form = options(clerk, content, name)
        answer = clerk.post(page, form | fields)
        assert (answer.status_code, shown in text_of(answer).replace("&#x27;", "'")) == (400, True), shown
    assert "This field is required." in text_of(clerk.post(IMPORT, {"key": "key"}))
    assert "The submitted file is empty." in text_of(upload(clerk, b""))
    for content, name, shown in ((b" \n", "a.csv", "The file is empty."), (b"PK\x03\x04", "a.xlsx", "spreadsheet")):
        answer = clerk.get(upload(clerk, content, name)["Location"])
        assert shown in text_of(answer)
        assert "Check every row" not in text_of(answer)
    assert not imports(registry)


def test_a_file_in_a_code_page_is_shown_when_its_encoding_is_chosen(clerk: Client) -> None:
    page, form = options(clerk, b"first_name\nAd\xe4\n")
    assert "The file is not UTF-8." in text_of(clerk.get(page))
    shown = clerk.post(page, form | {"step": "show", "encoding": "cp1252"})
    assert "Ad\u00e4" in text_of(shown)


def test_spreadsheets_are_read(clerk: Client, registry: Container) -> None:
    sheet = xlsx(text("First name", "A1"), text("Cell no.", "B1"), text("Ada", "A2"), text("+442079460555", "B2"))
    job = send(clerk, sheet, "patients.xlsx", **{"column-1": "phone"})
    run(registry)
    shown = text_of(clerk.get(job))
    assert "1 of 1 rows: 1 added." in shown
    assert "XLSX, utf-8 Sheet Ward" in shown


def test_rejected_rows_are_listed_without_values_and_downloaded_with_them(clerk: Client, registry: Container) -> None:
    job = send(clerk)
    run(registry)
    page = clerk.get(f"{job}rejects/")
    assert "3 Email" in text_of(page)
    assert "not one" not in html_of(page)
    assert "rejects_downloaded" not in actions(registry)
    answer = cast("StreamingHttpResponse", clerk.get(f"{job}rejects/file/"))
    pieces = cast("Iterator[bytes]", answer.streaming_content)
    assert b"Eve,King,not one,1985-12-10" in b"".join(pieces)
    assert answer["Content-Disposition"] == 'attachment; filename="rejects.csv"'
    assert "rejects_downloaded" in actions(registry)


def test_rejected_rows_are_corrected_in_place_and_imported(clerk: Client, registry: Container) -> None:
    job = send(clerk, b"First name,notes,mail,DOB\nAda,x,ada@mail.example,1985-12-10\nEve,vip,not one,1985-12-10\n"
               b"Max,y,max@mail.example,3000-01-01\n")  # fmt: skip
    run(registry)
    [link] = re.findall(r'id="correct" href="([^"]*)"', html_of(clerk.get(f"{job}rejects/")))
    page = clerk.get(link)
    assert "rejects_viewed" in actions(registry)
    assert "Line 3 First name Email Must be a valid email address" in text_of(page)
    form = filled_in(html_of(page), "correct")
    assert [form["3.0"], form["3.1"], form["4.2"]] == ["Eve", "not one", "3000-01-01"]
    new = clerk.post(link, form | {"3.1": "eve@mail.example"})["Location"]
    run(registry)
    assert "1 of 1 rows: 1 added." in text_of(clerk.get(new))
    assert [one.email for one in registry.search_patients()(actor=SETUP, q="Eve").patients] == ["eve@mail.example"]


def test_what_is_still_wrong_is_said_and_what_was_typed_is_kept(clerk: Client, registry: Container) -> None:
    job = send(clerk, CSV + b"Max,Moe,max@mail.example,3000-01-01\n")
    run(registry)
    link = f"{job}rejects/correct/"
    form = filled_in(html_of(clerk.get(link)), "correct")
    wrong = clerk.post(link, form | {"3.2": "eve@mail.example", "4.3": "3001-01-01"})
    assert wrong.status_code == 400
    assert 'value="eve@mail.example"' in html_of(wrong)
    assert "Date of birth Must not be in the future." in text_of(wrong)
    assert "Must be a valid email address" not in text_of(wrong)
    nothing = clerk.post(link, form)
    assert (nothing.status_code, "No row was corrected." in text_of(nothing)) == (400, True)
    assert len(imports(registry)) == 1
    assert clerk.post(link, form | {"unchanged": "on"}).status_code == 302


def test_a_correction_that_is_sent_twice_is_imported_once(clerk: Client, registry: Container) -> None:
    job = send(clerk)
    run(registry)
    link = f"{job}rejects/correct/"
    form = filled_in(html_of(clerk.get(link)), "correct") | {"3.2": "eve@mail.example"}
    first = clerk.post(link, form)["Location"]
    run(registry)
    assert clerk.post(link, form)["Location"] == first
    other = clerk.post(link, form | {"3.0": "Eva"})
    assert (other.status_code, "has been sent before" in text_of(other), 'value="Eva"' in html_of(other)) == (
        409,
        True,
        True,
    )


def actions(registry: Container) -> list[str]:
    return [entry.action for entry in registry.list_accesses()(actor=SETUP, filters={}).entries]


def test_an_import_is_cancelled_after_a_confirmation(clerk: Client) -> None:
    job = send(clerk)
    assert f'href="{job}cancel/"' in html_of(clerk.get(job))
    assert "Cancel this job?" in text_of(clerk.get(f"{job}cancel/"))
    assert "Cancelled What it had done stays." in text_of(clerk.post(f"{job}cancel/", follow=True))
    again = clerk.post(f"{job}cancel/")
    assert (again.status_code, "The job has already ended." in text_of(again)) == (409, True)


def test_an_admin_undoes_an_import_once(
    clerk: Client, sign_in_as: Callable[[Role], Client], registry: Container
) -> None:
    job, admin = send(clerk), sign_in_as(Role.ADMIN)
    early = admin.post(f"{job}undo/", {"key": "early"})
    assert (early.status_code, "The job has not ended yet." in text_of(early)) == (409, True)
    run(registry)
    assert f"{job}undo/" not in html_of(clerk.get(job))
    assert f'href="{job}undo/"' in html_of(admin.get(job))
    asked = admin.get(f"{job}undo/")
    assert "Patients that the job registered are erased for good" in text_of(asked)
    form = {"key": value_of(asked, "key")}
    undo = admin.post(f"{job}undo/", form)["Location"]
    run(registry)
    assert admin.post(f"{job}undo/", form)["Location"] == undo
    assert "Undo Completed It is done. 1 of 1 patients: 1 removed." in text_of(admin.get(undo))


def test_patients_kept_by_the_undo_of_an_import_are_listed(
    sign_in_as: Callable[[Role], Client], registry: Container
) -> None:
    admin = sign_in_as(Role.ADMIN)
    job = send(admin)
    run(registry)
    [eve] = registry.search_patients()(actor=SETUP, q="Eve").patients
    registry.update_patient()(actor=SETUP, patient_id=eve.id, phone="+442079460555")
    undo = admin.post(f"{job}undo/", {"key": "key"})["Location"]
    run(registry)
    page = admin.get(f"{undo}failures/")
    assert "Unchanged – Phone" in text_of(page)
    assert f'href="/console/patients/{eve.id}/"' in html_of(page)


def test_importing_a_file_requires_permission(sign_in_as: Callable[[Role], Client]) -> None:
    """Neither signed-out nor forbidden senders make the server take a file."""
    huge = {"CONTENT_LENGTH": "10000000"}  # more than is sent: reading it would fail
    for browser, status in ((Client(), 302), (sign_in_as(Role.READER), 403)):
        answer = browser.post(IMPORT, {"file": SimpleUploadedFile("a.csv", CSV)}, **huge)  # type: ignore[arg-type]  # WSGI
        assert answer.status_code == status


def test_a_file_that_is_too_large_is_not_read(clerk: Client, settings: pytest.FixtureRequest) -> None:
    settings.IMPORT_MAX_BYTES = 1_000_000  # type: ignore[attr-defined]  # pytest-django's own
    answer = upload(clerk, b"x" * 1_000_000)
    assert (answer.status_code, "The file is larger than 1 MB." in text_of(answer)) == (413, True)


def test_another_site_cannot_send_a_file(sign_in_as: Callable[[Role], Client]) -> None:
    sign_in_as(Role.CLERK)
    browser = Client(enforce_csrf_checks=True, headers={"Accept": "text/html"})
    sign_in = {"email": "clerk@clinic.example", "password": PASSWORD}
    token = value_of(browser.get("/console/sign-in/"), "csrfmiddlewaretoken")
    assert browser.post("/console/sign-in/", {**sign_in, "csrfmiddlewaretoken": token}).status_code == 302
    assert upload(browser).status_code == 403
    token = value_of(browser.get(IMPORT), "csrfmiddlewaretoken")
    assert upload(browser, csrfmiddlewaretoken=token).status_code == 302


def test_unknown_jobs_kinds_and_orders_are_not_found(clerk: Client, ada: Patient) -> None:
    job = send(clerk)
    own = UUID(job.split("/")[-2])
    for path in (
        f"import/{ada.id}/", f"sync/{own}/", f"sync/{own}/failures/", f"import/{own}/failures/", f"x/{own}/",
        f"import/{own}/confirm/", f"import/{own}/x/", f"import/{ada.id}/rejects/", "x/", "sync/?after=x",
    ):  # fmt: skip
        assert clerk.get(f"/console/jobs/{path}").status_code == 404, path
    assert clerk.get(f"{IMPORT}?like={ada.id}").status_code == 404
    assert clerk.get(f"{IMPORT}?like=x").status_code == 404
