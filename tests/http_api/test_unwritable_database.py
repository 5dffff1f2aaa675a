"""An SQLite database that takes no writes, because the file is read-only or the disk is full: reads go on."""

import re
from collections.abc import Generator
from typing import cast
from uuid import UUID

import pytest
from dependency_injector.providers import Object
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.client import MULTIPART_CONTENT

from bootstrap import Container
from core.access_log.entities import AccessEntry
from core.access_log.ports import AccessLog
from core.jobs.entities import JobKind
from core.patients.entities import Patient
from core.posts.ports import ViewCounter
from tests.fakes import details
from tests.http_api.client import Api
from tests.http_api.conftest import CSV, PASSWORD, SETUP
from tests.http_api.problems import kind
from tests.http_api.test_roles import FORM, OPERATIONS

pytestmark = pytest.mark.django_db(transaction=True)

READS = {operation: path for operation, (method, path) in OPERATIONS.items() if method == "GET"}
PAGES = [
    "/", "/notices/", "/notices/flu-season/", "/health/live", "/health/ready", "/metrics",
    "/admin/", "/admin/patients/patient/", "/admin/patients/patientevent/", "/console/users/",
]  # fmt: skip


@pytest.fixture
def boss(admin: Api) -> Client:
    """Signed in at the admin site."""
    browser = Client(raise_request_exception=False)
    browser.post("/admin/login/", {"username": "admin@clinic.example", "password": PASSWORD})
    return browser


class UncountedViews(ViewCounter):
    """Views are written later, by a thread that bears it when they cannot be."""

    def record_view(self, post_id: UUID) -> None:
        pass


class LaterEntries(AccessLog):
    """Entries are written later, too."""

    def record(self, entry: AccessEntry) -> None:
        pass


@pytest.fixture(autouse=True)
def nothing_written_at_once(registry: Container) -> Generator[None]:
    with registry.views.override(Object(UncountedViews())), registry.access_log.override(Object(LaterEntries())):
        registry.reset_singletons()
        yield
    registry.reset_singletons()


def status(response: HttpResponse) -> int:
    """Of an answer that was read to its end."""
    b"".join(response)
    response.close()
    return response.status_code


def pragma(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {statement}")
        return cursor.fetchone()


@pytest.fixture
def addresses(admin: Api, ada: Patient, request: pytest.FixtureRequest) -> dict[str, str]:
    """Of all reads, after each was read once."""
    names = {name for path in READS.values() for name in re.findall(r"{(\w+)}", path)}
    ids = {name: request.getfixturevalue(name) for name in names}
    addresses = {operation: path.format(**ids) for operation, path in READS.items()}
    for address in addresses.values():
        status(admin.get(address))
    return addresses


@pytest.fixture
def read_only(addresses: dict[str, str], boss: Client) -> Generator[None]:
    pragma("query_only = ON")
    yield
    pragma("query_only = OFF")


@pytest.fixture
def full(addresses: dict[str, str], boss: Client) -> Generator[None]:
    """But for what fits into pages that are there already, of which no others are free."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    pragma("max_page_count = 1")  # of those that there are, at least
    yield
    pragma("max_page_count = 4294967294")


@pytest.fixture(params=["read_only", "full"])
def unwritable(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(request.param)


def test_every_read_succeeds(admin: Api, boss: Client, addresses: dict[str, str], unwritable: None) -> None:
    answers = {operation: status(admin.get(address)) for operation, address in addresses.items()}
    answers |= {page: status(cast("HttpResponse", boss.get(page))) for page in PAGES}
    assert {name: answered for name, answered in answers.items() if answered != 200} == {}


def test_writes_are_unavailable(admin: Api, ada: Patient, read_only: None) -> None:
    record = f"patients/{ada.id}/"
    refused = [
        admin.post("patients/", details(email="eve@example.org")),
        admin.patch(record, {"last_name": "King"}),
        admin.delete(record),
        admin.post("sync-jobs/", {}),
        admin.post("auth/token/", {"email": "admin@clinic.example", "password": PASSWORD}),
    ]
    assert [(answer.status_code, kind(answer)) for answer in refused] == [(503, "unavailable")] * len(refused)
    assert all(answer["Retry-After"] for answer in refused)
    pragma("query_only = OFF")
    assert admin.patch(record, {"last_name": "King"}).status_code == 200


def test_a_write_to_a_full_disk_is_refused_and_leaves_nothing(admin: Api, registry: Container, full: None) -> None:
    rows = b"".join(b"Eve,King,eve%d@example.org,1985-12-10\n" % number for number in range(20_000))
    before = len(registry.list_jobs()(actor=SETUP, kind=JobKind.IMPORT).items)
    body = FORM.replace(CSV, CSV.partition(b"\n")[0] + b"\n" + rows)
    answer = admin.call("POST", "imports/", body, content_type=MULTIPART_CONTENT)
    assert (answer.status_code, kind(answer)) == (503, "unavailable")
    assert len(registry.list_jobs()(actor=SETUP, kind=JobKind.IMPORT).items) == before
