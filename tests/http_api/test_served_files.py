"""Paths and file names that point elsewhere, and content that a browser could take for something else."""

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from core.patients.entities import Patient
from tests.http_api.client import Api
from tests.http_api.conftest import CSV

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "outside the served directory"
UPWARDS = ["..", "%2e%2e", ".%2e", "%252e%252e", "..%00", "..;", "%c0%ae%c0%ae", "....", "..%5c..", "%uff0e%uff0e"]
SLASHES = ["/", "%2f", "%5c", "//", "%252f"]
ATTACHED = 'attachment; filename="rejects.csv"'


@pytest.fixture
def collected(settings: Any, tmp_path: Path) -> Client:
    """As in production: what was collected is served from a directory, and nothing beside it."""
    settings.WHITENOISE_USE_FINDERS, settings.WHITENOISE_AUTOREFRESH = False, False
    settings.STATIC_ROOT = tmp_path / "static"
    (tmp_path / "static" / "web").mkdir(parents=True)
    (tmp_path / "static" / "web" / "home.css").write_text("p {}")
    (tmp_path / "secret.css").write_text(SECRET)
    (tmp_path / "static2").mkdir()
    (tmp_path / "static2" / "secret.css").write_text(SECRET)
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("is_read_each_time", [True, False])
def test_only_files_in_the_static_directory_are_served(
    collected: Client, settings: Any, tmp_path: Path, is_read_each_time: bool
) -> None:
    settings.WHITENOISE_AUTOREFRESH = is_read_each_time
    served = collected.get("/static/web/home.css")
    assert (served.status_code, b"".join(served)) == (200, b"p {}")
    served.close()
    for up, slash in product(UPWARDS, SLASHES):
        for path in (
            f"{up}{slash}secret.css",
            f"{up}{slash}static2{slash}secret.css",
            f"web{slash}{up}{slash}{up}{slash}secret.css",
        ):
            answer = collected.get(f"/static/{path}")
            assert (answer.status_code, SECRET in answer.content.decode()) == (404, False), path
    for path in (f"/static/{tmp_path}/secret.css", f"/static//{tmp_path}/secret.css", "/static2/secret.css"):
        assert collected.get(path).status_code == 404


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd.csv", "..\\x.csv", '"; filename="x.html.csv', "x\r\nX-Injected: yes.csv", "<b>.csv"]
)
def test_the_name_of_an_imported_file_is_never_returned_or_used_as_a_path(admin: Api, name: str) -> None:
    head = f'--boundary\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = head.encode() + CSV + b"\r\n--boundary--\r\n"
    started = admin.call("POST", "imports/", body, content_type="multipart/form-data; boundary=boundary")
    assert started.status_code == 202
    rejects = admin.get(f"imports/{started.json()['id']}/rejects/")
    assert (rejects.status_code, rejects["Content-Disposition"]) == (200, ATTACHED)
    for part in ("passwd", "html", "Injected", "<b>"):
        assert part not in f"{started.content.decode()}{started.headers}{rejects.headers}"


Ask = Callable[[Api, Patient, UUID], Sequence[Any]]

KINDS: dict[str, Ask] = {
    "records": lambda admin, ada, _: [admin.get("patients/"), admin.get(f"patients/{ada.id}/")],
    "no content": lambda admin, ada, _: [admin.delete(f"patients/{ada.id}/"), admin.call("OPTIONS", "patients/")],
    "unchanged": lambda admin, ada, _: [
        admin.get(f"patients/{ada.id}/", If_None_Match=admin.get(f"patients/{ada.id}/")["ETag"])
    ],
    "exports": lambda admin, *_: [admin.get("patients/export/", Accept=kind) for kind in ("text/csv", "*/*")],
    "rejects": lambda admin, _, import_id: [admin.get(f"imports/{import_id}/rejects/")],
    "errors": lambda admin, *_: [
        admin.post("patients/", b"{"), admin.put("patients/", {}), admin.get("nowhere/"), admin.get("patients/?x=1"),
        admin.get("/", Host="evil.example"), admin.get("/nowhere", Accept="text/html"), Api().get("patients/"),
        admin.get("patients/", X_Long="x" * 20_000), admin.get(f"patients/?q={'x' * 11_000}"),
        admin.post("patients/", b" " * 600_000), admin.call("POST", "/", b"x" * 70_000),
        admin.get("patients/", Accept="image/png"), admin.call("BREW", "patients/"), admin.call("TRACE", "/"),
    ],
    "pages": lambda admin, *_: [
        admin.get(path) for path in ("/", "/notices/", "/reset-password/", "/reset-password/done/", "/admin/login/",
                                     "/admin/", "/api/docs/", "/admin/jsi18n/")
    ],
    "static files": lambda admin, *_: [
        admin.get(path) for path in ("/static/web/home.css", "/static/admin/js/core.js", "/static/admin/img/search.svg")
    ],
    "machines": lambda admin, *_: [
        admin.get(path) for path in ("/metrics", "/health/live", "/health/ready", "/api/v1/schema/")
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_responses_forbid_content_sniffing(admin: Api, ada: Patient, import_id: UUID, kind: str) -> None:
    for answer in KINDS[kind](admin, ada, import_id):
        answer.close()
        assert answer["X-Content-Type-Options"] == "nosniff", answer
        assert answer.status_code in {204, 304} or answer["Content-Type"], answer
