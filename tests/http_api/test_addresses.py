"""The addresses and headers in answers, whatever a request says of its host and its path."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from core.access import Role
from core.patients.entities import Patient
from tests.fakes import details
from tests.http_api.client import Api
from tests.http_api.problems import kind
from tests.http_api.production import CONSOLE, HOST, SECURE, use_production

pytestmark = pytest.mark.django_db(transaction=True)

EVIL = "evil.example"
INJECTED = "%0d%0aX-Injected:%20yes%0d%0a%0d%0a<script>"
CLAIMS: dict[str, str] = dict.fromkeys(
    ("X-Forwarded-Host", "X-Forwarded-Server", "X-Forwarded-Prefix", "X-Host", "X-Original-URL"), EVIL
)


@pytest.fixture
def admin(signed_in: Callable[[Role], Api], settings: Any, monkeypatch: pytest.MonkeyPatch) -> Api:
    use_production(settings, monkeypatch)
    return Api(signed_in(Role.ADMIN).token, Client(headers=SECURE, raise_request_exception=False))


@pytest.mark.parametrize(
    "host",
    [EVIL, f"{HOST}.{EVIL}", f"evil{HOST}", f"{HOST}@{EVIL}", f"{HOST}:443@{EVIL}", f"{EVIL}:443", f"{HOST}, {EVIL}",
     f"{HOST}/../{EVIL}", f"{EVIL}#{HOST}", f"{HOST}\r\nX-Injected: yes", "", "[::1]", f"{HOST}:x"],
)  # fmt: skip
def test_a_host_that_is_not_named_in_the_settings_is_refused(admin: Api, host: str) -> None:
    for path in ("/reset-password/", "/admin/login/", "/api/v1/users/me/", "/health/live"):
        answer = admin.get(path, Host=host)
        assert (answer.status_code, kind(answer)) == (400, "bad-request"), path
        assert EVIL not in answer.content.decode()
        assert {"Location", "X-Injected"}.isdisjoint(answer.headers)


def test_every_absolute_address_has_the_host_of_the_registry(
    admin: Api, user_id: UUID, ada: Patient, duplicate: Patient
) -> None:
    made = admin.call("POST", "patients/", details(email="new@example.org", date_of_birth="1950"), CLAIMS)
    page = admin.call("GET", "patients/?limit=1", headers=CLAIMS)
    code = admin.call("POST", f"users/{user_id}/password-reset/", headers=CLAIMS).json()
    redirect = Client(headers={"Host": HOST} | CLAIMS).get("/notices/")
    assert made["Location"] == f"https://{HOST}/api/v1/patients/{made.json()['id']}/"
    assert page.json()["next"].startswith(f"https://{HOST}/api/v1/patients/?")
    assert page["Link"].startswith(f"<https://{HOST}/api/v1/patients/?")
    assert code["page"] == f"https://{HOST}/reset-password/"
    assert redirect["Location"] == f"https://{HOST}/notices/"


@pytest.mark.parametrize(
    "path",
    [f"/notices/{INJECTED}", f"/{INJECTED}", f"//{EVIL}/{INJECTED}", f"/notices/?after={INJECTED}",
     f"/admin/?next={INJECTED}", f"/admin/login/?next=/admin/{INJECTED}", f"/admin/patients/patient/?q={INJECTED}",
     f"/admin/patients/patient/{INJECTED}/change/", f"patients/?limit=1&q={INJECTED}", f"patients/{INJECTED}/"],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-Proto": "http"}])
def test_line_breaks_in_an_address_add_no_header(admin: Api, path: str, headers: dict[str, str]) -> None:
    answer = admin.call("GET", path, headers={"Accept": "text/html"} | headers if path[0] == "/" else headers)
    assert answer.status_code < 500
    assert not [value for value in answer.headers.values() if re.search("[\r\n]", value)]
    assert b"<script>" not in answer.content or answer["Content-Type"] == "application/problem+json"
    if location := answer.get("Location"):
        assert location.startswith(("/", f"https://{HOST}/"))
        assert not location.startswith("//")


@pytest.mark.parametrize("name", ["X-Request-ID", "Origin", "traceparent", "Accept", "If-None-Match", "Range"])
def test_line_breaks_in_a_header_add_no_header(admin: Api, name: str) -> None:
    for line_break in ("\r\n", "\n", "\r", "\u560d\u560a", "%0d%0a"):
        answer = admin.get("/health/live", **{name: f"{CONSOLE}{line_break}X-Injected: yes"})
        assert not [value for value in answer.headers.values() if re.search("[\r\n]|Injected", value)], line_break
