"""What each role may open: a row for each page of the console."""

import re
from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from attrs import field, frozen
from django.test import Client
from django.urls import reverse

from adapters.web.console.urls import urlpatterns
from bootstrap import Container
from core.access import Role
from core.files import FileFormat
from core.jobs.entities import JobKind
from core.patients.entities import Patient
from tests.fakes import ScriptedGateway
from tests.http_api.conftest import CSV, PASSWORD, SETUP
from tests.web.forms import record_form

pytestmark = pytest.mark.django_db(transaction=True)

ROLES = (None, Role.READER, Role.CLERK, Role.AUTHOR, Role.EDITOR, Role.ADMIN)
_FORM = "application/x-www-form-urlencoded"
_OF_A_NOTICE = {"notice", "edit_notice", "publish_notice", "delete_notice", "comment", "remove_comment"}
_OF_A_USER = {
    "user",
    "user_role",
    "disable_user",
    "enable_user",
    "reset_user_password",
    "user_sessions",
    "end_user_session",
    "end_user_sessions",
}
_OF_A_SERVICE_ACCOUNT = {
    "service_account",
    "service_role",
    "disable_service_account",
    "enable_service_account",
    "new_service_key",
    "service_key",
    "revoke_service_key",
}
_OF_A_PATIENT = {"patient", "edit", "history", "duplicates", "accesses", "status", "sync", "merge", "merges", "undo"}


@frozen
class Row:
    """`statuses` are those that each of `ROLES` gets. 403 also asks somebody to sign in again who sends a form."""

    page: str
    statuses: list[int] = field(converter=lambda statuses: [int(status) for status in statuses.split()])
    method: str = "GET"
    status: str = ""
    job: str = ""
    order: str = ""


ROWS = [
    #                 anybody, reader, clerk, author, editor, admin
    Row("find", "         302 200 200 403 403 200"),
    Row("find", "         403 200 200 403 403 200", "POST"),
    Row("sign_in", "      200 302 302 302 302 302"),
    Row("sign_in", "      400 302 302 302 302 302", "POST"),
    Row("sign_out", "     405 405 405 405 405 405"),
    Row("sign_out", "     302 302 302 302 302 302", "POST"),
    Row("preferences", "  200 200 200 200 200 200"),
    Row("preferences", "  302 302 302 302 302 302", "POST"),
    Row("account", "      302 200 200 200 200 200"),
    Row("password", "     302 200 200 200 200 200"),
    Row("password", "     403 400 400 400 400 400", "POST"),
    Row("register", "     302 403 200 403 403 200"),
    Row("register", "     403 403 302 403 403 302", "POST"),
    Row("candidates", "   405 405 405 405 405 405"),
    Row("candidates", "   403 403 200 403 403 200", "POST"),
    Row("patient", "      302 200 200 403 403 200"),
    Row("edit", "         302 403 200 403 403 200"),
    Row("edit", "         403 403 302 403 403 302", "POST"),
    Row("history", "      302 200 200 403 403 200"),
    Row("duplicates", "   302 403 200 403 403 200"),
    Row("accesses", "     302 403 403 403 403 200"),
    Row("status", "       302 403 200 403 403 200", status="inactive"),
    Row("status", "       403 403 302 403 403 302", "POST", status="inactive"),
    Row("sync", "         405 405 405 405 405 405"),
    Row("sync", "         403 403 200 403 403 200", "POST"),
    Row("queue", "        302 403 200 403 403 200"),
    Row("pair", "         302 403 200 403 403 200"),
    Row("pair", "         403 403 302 403 403 302", "POST"),
    Row("merge", "        302 403 200 403 403 200"),
    Row("merge", "        403 403 302 403 403 302", "POST"),
    Row("merges", "       302 200 200 403 403 200"),
    Row("undo", "         405 405 405 405 405 405"),
    Row("undo", "         403 403 302 403 403 302", "POST"),
    Row("overview", "     302 403 200 403 403 200"),
    Row("import", "       302 403 200 403 403 200"),
    Row("import", "       302 403 400 403 403 400", "POST"),
    Row("import_options", " 302 403 404 403 403 404"),
    Row("import_options", " 403 403 404 403 403 404", "POST"),
    Row("jobs", "         302 403 200 403 403 200"),
    Row("jobs_of", "      302 403 200 403 403 200"),
    Row("start_sync", "   405 405 405 405 405 405"),
    Row("start_sync", "   403 403 302 403 403 302", "POST"),
    Row("job", "          302 403 200 403 403 200", job="import"),
    Row("rejects", "      302 403 200 403 403 200", job="import"),
    Row("rejects_file", " 302 403 200 403 403 200", job="import"),
    Row("correct_rejects", " 302 403 200 403 403 200", job="import"),
    Row("correct_rejects", " 403 403 400 403 403 400", "POST", job="import"),
    Row("failures", "     302 403 200 403 403 200", job="sync"),
    Row("failures", "     302 403 200 403 403 200", job="undo"),
    Row("order_job", "    302 403 200 403 403 200", job="undo", order="cancel"),
    Row("order_job", "    403 403 302 403 403 302", "POST", job="import", order="cancel"),
    Row("order_job", "    302 403 403 403 403 200", job="import", order="undo"),
    Row("order_job", "    403 403 403 403 403 409", "POST", job="import", order="undo"),
    Row("order_job", "    302 403 403 403 403 200", job="sync", order="confirm"),
    Row("order_job", "    403 403 403 403 403 409", "POST", job="sync", order="confirm"),
    Row("notices", "         302 200 200 200 200 200"),
    Row("popular_notices", " 302 200 200 200 200 200"),
    Row("drafts", "          302 403 403 200 200 200"),
    Row("write_notice", "    302 403 403 200 200 200"),
    Row("write_notice", "    403 403 403 302 302 302", "POST"),
    Row("notice", "          302 200 200 200 200 200"),
    Row("edit_notice", "     302 403 403 403 200 200"),
    Row("edit_notice", "     403 403 403 403 409 409", "POST"),
    Row("publish_notice", "  302 403 403 403 200 200"),
    Row("publish_notice", "  403 403 403 403 409 409", "POST"),
    Row("delete_notice", "   302 403 403 403 200 200"),
    Row("delete_notice", "   403 403 403 403 302 302", "POST"),
    Row("comment", "         405 405 405 405 405 405"),
    Row("comment", "         403 302 302 302 302 302", "POST"),
    Row("remove_comment", "  302 200 200 200 200 200"),
    Row("remove_comment", "  403 403 403 403 302 302", "POST"),
    Row("users", "               302 403 403 403 403 200"),
    Row("users", "               403 403 403 403 403 400", "POST"),
    Row("new_user", "            302 403 403 403 403 200"),
    Row("new_user", "            403 403 403 403 403 400", "POST"),
    Row("user", "                302 403 403 403 403 200"),
    Row("user_role", "           302 403 403 403 403 200"),
    Row("user_role", "           403 403 403 403 403 302", "POST"),
    Row("disable_user", "        302 403 403 403 403 200"),
    Row("disable_user", "        403 403 403 403 403 302", "POST"),
    Row("enable_user", "         302 403 403 403 403 200"),
    Row("enable_user", "         403 403 403 403 403 302", "POST"),
    Row("reset_user_password", " 302 403 403 403 403 200"),
    Row("reset_user_password", " 403 403 403 403 403 200", "POST"),
    Row("user_sessions", "       302 403 403 403 403 200"),
    Row("end_user_session", "    302 403 403 403 403 200"),
    Row("end_user_session", "    403 403 403 403 403 302", "POST"),
    Row("end_user_sessions", "   302 403 403 403 403 200"),
    Row("end_user_sessions", "   403 403 403 403 403 302", "POST"),
    Row("service_accounts", "        302 403 403 403 403 200"),
    Row("new_service_account", "     302 403 403 403 403 200"),
    Row("new_service_account", "     403 403 403 403 403 400", "POST"),
    Row("service_account", "         302 403 403 403 403 200"),
    Row("service_role", "            302 403 403 403 403 200"),
    Row("service_role", "            403 403 403 403 403 302", "POST"),
    Row("disable_service_account", " 302 403 403 403 403 200"),
    Row("disable_service_account", " 403 403 403 403 403 302", "POST"),
    Row("enable_service_account", "  302 403 403 403 403 200"),
    Row("enable_service_account", "  403 403 403 403 403 302", "POST"),
    Row("new_service_key", "         302 403 403 403 403 200"),
    Row("new_service_key", "         403 403 403 403 403 400", "POST"),
    Row("service_key", "             302 403 403 403 403 200"),
    Row("revoke_service_key", "      302 403 403 403 403 200"),
    Row("revoke_service_key", "      403 403 403 403 403 302", "POST"),
    Row("audit", "           302 403 403 403 403 200"),
    Row("audit", "           403 403 403 403 403 302", "POST"),
    Row("audit_accesses", "  302 403 403 403 403 200"),
    Row("audit_accesses", "  403 403 403 403 403 302", "POST"),
    Row("upstreams", "    302 403 403 403 403 200"),
    Row("order_upstream", "302 403 403 403 403 404", order="isolate"),
    Row("order_upstream", "403 403 403 403 403 404", "POST", order="isolate"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.page}-{row.method}")
def test_each_role_opens_exactly_its_pages(
    row: Row,
    sign_in_as: Callable[[Role], Client],
    register: Callable[..., Patient],
    registry: Container,
    upstream: ScriptedGateway,
) -> None:
    upstream.answer = {"last_name": "Byron"}
    for number, role in enumerate(ROLES):
        browser = sign_in_as(role) if role else Client()
        patient = register(email=f"ada{number}@example.org", external_id=f"EHR-{number}")
        more = {
            "other_version": "1",
            "step": "merge",
            "decision": "later",
            "title": f"Title {number}",
            "content": "Text",
            "role": "reader",
            "language": "de",
        }
        form = record_form(first_name=f"Zoe{number}", key="key", version="1", **more)
        path = _path(row, patient.id, registry, register)
        answer = browser.generic(row.method, path, urlencode(form), _FORM)
        assert answer.status_code == row.statuses[number], role


def test_every_page_has_a_row() -> None:
    assert {row.page for row in ROWS} == {pattern.name for pattern in urlpatterns}


def test_a_refusal_is_a_page_and_in_the_access_log(reader: Client, registry: Container, ada: Patient) -> None:
    answer = reader.get(reverse("console:edit", args=[ada.id]))
    page = answer.content.decode()
    assert (answer.status_code, "needs the permission patients.update" in page, "Back to the start" in page) == (
        403,
        True,
        True,
    )
    newest = registry.list_accesses()(actor=SETUP, filters={}).entries[0]
    assert (newest.action, newest.patient_id, newest.detail) == ("refused", ada.id, "console:edit")


def test_navigation_and_actions_show_what_the_role_allows(
    reader: Client, clerk: Client, sign_in_as: Callable[[Role], Client], ada: Patient
) -> None:
    def links(browser: Client, path: str) -> set[str]:
        return set(re.findall('href="(/(?:console|admin)/[^"]*)"', browser.get(path).content.decode()))

    path = reverse("console:patient", args=[ada.id])
    always = {"/console/account/", "/console/preferences/", "/console/notices/"}
    everybody = always | {"/console/", path, f"{path}history/", f"{path}merges/"}
    assert links(reader, path) == everybody | {"/admin/"}
    works = {
        "/console/register/",
        "/console/duplicates/",
        "/console/overview/",
        "/console/import/",
        "/console/jobs/",
        f"{path}duplicates/",
        f"{path}edit/",
        f"{path}status/inactive/",
    }
    assert links(clerk, path) == everybody | works | {"/admin/"}
    assert links(sign_in_as(Role.ADMIN), path) == everybody | works | {
        f"{path}accesses/",
        "/console/upstreams/",
        "/console/users/",
        "/console/audit/",
        "/admin/",
    }
    assert links(sign_in_as(Role.AUTHOR), "/console/account/") == always | {"/console/account/password/"}


TABS = {
    "/console/": ["Find"],
    "/console/users/new/": ["Accounts"],
    "/console/service-accounts/": ["Accounts"],
    "/console/audit/accesses/": ["Audit"],
    "/console/jobs/sync/": ["Jobs"],
    "/console/account/": [],
}


def test_the_tab_of_a_page_is_marked(sign_in_as: Callable[[Role], Client]) -> None:
    browser = sign_in_as(Role.ADMIN)

    def marked(path: str) -> list[str]:
        [navigation] = re.findall('<nav aria-label="Main">.*?</nav>', browser.get(path).content.decode(), re.DOTALL)
        return re.findall('aria-current="[a-z]+">([^<]*)<', navigation)

    assert {path: marked(path) for path in TABS} == TABS


def _path(row: Row, patient_id: UUID, registry: Container, register: Callable[..., Patient]) -> str:
    """Of the patient or the job, and of another record of the same person where the page is about two."""
    parts: list[object] = [patient_id] if row.page in _OF_A_PATIENT else []
    if row.page in {"pair", "merge", "undo"}:
        parts = _of_two(row.page, patient_id, register(email=None).id, registry)
    elif row.job:
        parts = [*([] if "rejects" in row.page else [row.job]), _job(registry, row.job)]
    elif row.page in _OF_A_NOTICE:
        parts = _of_a_notice(row.page, registry)
    elif row.page in _OF_A_USER:
        parts = _of_a_user(row.page, registry)
    elif row.page in _OF_A_SERVICE_ACCOUNT:
        parts = _of_a_service_account(row.page, registry)
    elif row.page == "jobs_of":
        parts = ["sync"]
    if row.page == "import_options":
        parts = [uuid4()]
    if row.page == "order_upstream":
        parts = ["unknown"]
    return reverse(f"console:{row.page}", args=[*parts, *(part for part in (row.status, row.order) if part)])


def _of_two(page: str, patient_id: UUID, other_id: UUID, registry: Container) -> list[object]:
    if page == "pair":
        return [registry.list_duplicates()(actor=SETUP, limit=1).pairs[0].id]
    if page == "merge":
        return [patient_id, other_id]
    merged = registry.merge_patients()(actor=SETUP, patient_id=patient_id, other_id=other_id).merge
    assert merged
    return [patient_id, merged.id]


def _of_a_notice(page: str, registry: Container) -> list[object]:
    """Which is published, with a comment."""
    post = registry.write_post()(actor=SETUP, title=f"Notice {uuid4()}", content="Text")
    registry.publish_post()(actor=SETUP, post_id=post.id)
    comment = registry.add_comment()(actor=SETUP, post_id=post.id, content="Seen.")
    return [post.id, comment.id] if page == "remove_comment" else [post.id]


def _of_a_user(page: str, registry: Container) -> list[object]:
    """With a session."""
    email = f"{uuid4()}@clinic.example"
    user = registry.create_user()(actor=SETUP, email=email, password=PASSWORD, role=Role.READER)
    if page != "end_user_session":
        return [user.id]
    registry.sign_in()(email=email, password=PASSWORD)
    return [user.id, registry.list_user_sessions()(actor=SETUP, user_id=user.id)[0].id]


def _of_a_service_account(page: str, registry: Container) -> list[object]:
    """With a key."""
    account = registry.create_service_account()(actor=SETUP, name=f"lab-{uuid4()}", role=Role.READER)
    key, _ = registry.create_service_key()(actor=SETUP, account_id=account.id, name="december")
    return [account.id, key.id] if page in {"service_key", "revoke_service_key"} else [account.id]


def _job(registry: Container, kind: str) -> UUID:
    """Of a job that nobody works on yet."""
    if kind == "import":
        return registry.start_import()(actor=SETUP, content=lambda: [CSV], format=FileFormat.CSV).id
    job = registry.start_sync_job()(actor=SETUP)
    if kind == "undo":
        registry.cancel_job()(actor=SETUP, kind=JobKind.SYNC, job_id=job.id)
        job = registry.undo_job()(actor=SETUP, kind=JobKind.SYNC, job_id=job.id)
    return job.id
