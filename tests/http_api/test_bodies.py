"""What is refused before a body is read, and how many files one may download at once."""

from collections.abc import Callable
from typing import cast

import pytest
from django.test.client import MULTIPART_CONTENT

from bootstrap import Container
from core.patients.entities import Patient
from tests.http_api.client import Answer, Api
from tests.http_api.problems import kind
from tests.http_api.test_imports import body_of, run, send

pytestmark = pytest.mark.django_db(transaction=True)


class Unreadable:
    def read(self, *_: object) -> bytes:
        raise AssertionError("The body is read.")

    readline = read


def call_unread(api: Api, path: str, length: str, media: str = "application/json") -> Answer:
    environ = {"CONTENT_LENGTH": length, "CONTENT_TYPE": media, "wsgi.input": Unreadable()}
    headers = {"Authorization": f"Bearer {api.token}"} if api.token else {}
    return cast("Answer", api.client.generic("POST", f"/api/v1/{path}", headers=headers, **environ))


def test_a_body_that_is_too_large_is_refused_unread(clerk: Api, anonymous: Api) -> None:
    assert kind(call_unread(clerk, "patients/", "1000001")) == "too-large"
    assert kind(call_unread(anonymous, "auth/token/", "10000")) == "too-large"
    assert kind(call_unread(clerk, "imports/", "500000001", MULTIPART_CONTENT)) == "too-large"


def test_a_file_without_import_permission_is_refused_unread(reader: Api, anonymous: Api) -> None:
    assert call_unread(reader, "imports/", "1000", MULTIPART_CONTENT).status_code == 403
    assert call_unread(anonymous, "imports/", "1000", MULTIPART_CONTENT).status_code == 401


def test_a_content_length_that_is_not_a_number_is_refused(clerk: Api) -> None:
    for length in ("abc", "-1", "+2", "1e3", "٣", "9" * 30):
        assert kind(call_unread(clerk, "patients/", length)) == "bad-request"
        assert kind(call_unread(clerk, "imports/", length, MULTIPART_CONTENT)) == "bad-request"


def test_an_account_has_two_downloads_at_once(
    registry: Container, clerk: Api, admin: Api, register: Callable[..., Patient]
) -> None:
    rejects = send(clerk).json()["rejects"]
    run(registry)
    one, other = clerk.get("patients/export/"), clerk.get(rejects)
    refused = clerk.get("patients/export/")
    assert (refused.status_code, kind(refused), refused["Retry-After"]) == (429, "too-many-requests", "10")
    assert clerk.get(rejects).status_code == 429
    assert admin.get("patients/export/").status_code == 200
    body_of(one)
    one.close()
    one.close()
    again = clerk.get("patients/export/")
    assert again.status_code == 200
    assert clerk.get("patients/export/").status_code == 429
    other.close()
    assert clerk.get(rejects).status_code == 200
