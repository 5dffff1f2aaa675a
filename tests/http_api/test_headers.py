"""What answers tell browsers and caches to do with them."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from core.patients.entities import Patient
from tests.http_api.conftest import PASSWORD, Api

CONSOLE = "https://console.example"


def policy(path: str) -> dict[str, list[str]]:
    header = Client().get(path)["Content-Security-Policy"]
    return {name: sources for name, *sources in (directive.split() for directive in header.split(";"))}


@pytest.mark.parametrize("path", ["/", "/notices/", "/reset-password/", "/admin/login/", "/health/live", "/nowhere"])
@pytest.mark.usefixtures("registry")
def test_pages_load_only_from_the_registry_and_run_no_inline_script(path: str) -> None:
    directives = policy(path)
    assert directives["default-src"] == directives["base-uri"] == directives["frame-ancestors"] == ["'none'"]
    assert (
        directives["script-src"]
        == directives["style-src"]
        == directives["img-src"]
        == directives["connect-src"]
        == ["'self'"]
    )


def test_the_documentation_allows_inline_styles_but_no_inline_scripts(anonymous: Api) -> None:
    directives = policy("/api/docs/")
    assert directives["script-src"] == ["'self'"]
    assert directives["style-src"] == ["'self'", "'unsafe-inline'"]
    page = anonymous.get("/api/docs/").content.decode()
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    [init] = re.findall(r'<script src="(/api/docs/[^"]*)"', page)
    assert b"SwaggerUIBundle" in anonymous.get(init).content


@pytest.mark.parametrize("path", ["/", "/api/docs/", "/admin/login/", "/nowhere"])
def test_pages_have_sessions_and_calls_of_the_api_have_none(reader: Api, ada: Patient, path: str) -> None:
    needed_by_pages = ("session", "auser", "_messages", "csp_nonce")
    page, call = reader.get(path), reader.get(f"patients/{ada.id}/")
    assert all(hasattr(page.wsgi_request, name) for name in needed_by_pages)
    assert not any(hasattr(call.wsgi_request, name) for name in needed_by_pages)
    for answer in (page, call):
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_responses_are_not_cached(clerk: Api, anonymous: Api, ada: Patient) -> None:
    for answer in (
        clerk.get("patients/"),
        clerk.get(f"patients/{ada.id}/history/"),
        clerk.get("users/me/"),
        anonymous.post("auth/token/", {"email": "clerk@clinic.example", "password": PASSWORD}),
        anonymous.get("patients/"),
    ):
        assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("kind", "kept"), [("patients", "no-store"), ("posts", "private, no-cache")])
def test_patients_are_not_cached_and_posts_are_revalidated(
    clerk: Api, ada: Patient, post_id: UUID, kind: str, kept: str
) -> None:
    path = f"{kind}/{ada.id if kind == 'patients' else post_id}/"
    answer = clerk.call("HEAD", path)
    again = clerk.call("HEAD", path, headers={"If-None-Match": answer["ETag"]})
    assert (answer.status_code, again.status_code) == (200, 304)
    assert answer["Cache-Control"] == again["Cache-Control"] == kept


@pytest.mark.usefixtures("registry")
def test_other_origins_may_not_call_the_api(anonymous: Api) -> None:
    assert "Access-Control-Allow-Origin" not in anonymous.get("posts/", Origin=CONSOLE)


@pytest.mark.usefixtures("registry")
def test_an_allowed_origin_may_call_the_api_with_a_token_and_read_the_response(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [CONSOLE]
    asked = {
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,if-match,idempotency-key,traceparent",
    }
    preflight = Api().call("OPTIONS", "patients/", headers={"Origin": CONSOLE} | asked)
    assert preflight.status_code == 200
    assert preflight["Access-Control-Allow-Origin"] == CONSOLE
    assert {"authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "traceparent"} <= set(
        preflight["Access-Control-Allow-Headers"].split(", ")
    )
    refused = Api().get("patients/", Origin=CONSOLE)
    assert (refused.status_code, refused["Access-Control-Allow-Origin"]) == (401, CONSOLE)
    exposed = set(refused["Access-Control-Expose-Headers"].split(", "))
    assert {"Content-Disposition", "ETag", "Link", "Location", "RateLimit", "Retry-After", "X-Request-ID"} <= exposed
    assert "Access-Control-Allow-Origin" not in Api().get("posts/", Origin=f"{CONSOLE}.evil.example")
    assert "Access-Control-Allow-Origin" not in Api().get("/", Origin=CONSOLE)
