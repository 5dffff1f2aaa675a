import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from django.db import connection

from adapters.http_api.rest.errors import _PLAIN, STATUS
from bootstrap import Container
from core.errors import RegistryError
from core.patients.entities import Patient
from tests.http_api.client import Api
from tests.http_api.problems import kind

DOCUMENT = Path(__file__).parents[2] / "docs" / "problems.md"


def kinds_of_errors(root: type[RegistryError] = RegistryError) -> Iterator[type[RegistryError]]:
    for error in root.__subclasses__():
        yield error
        yield from kinds_of_errors(error)


def test_every_core_error_has_a_status() -> None:
    for error in kinds_of_errors():
        is_root = any(issubclass(known, error) and known is not error for known in STATUS)
        assert is_root or any(issubclass(error, known) for known in STATUS), error


def test_the_document_lists_every_kind_of_problem() -> None:
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))
    raised = {error.kind for error in kinds_of_errors() if "kind" in vars(error)}
    answered = {kind for kind, _ in _PLAIN.values()} | {"malformed-body", "length-required"}
    never_answered = {"conflict", "gone"}
    assert (raised | answered) - never_answered == listed


@pytest.mark.parametrize("path", ["/nowhere", "/notices/nowhere", "/nowhere%3Cscript%3E"])
@pytest.mark.django_db(transaction=True)
def test_a_browser_gets_a_page_for_an_error_outside_the_api(anonymous: Api, path: str) -> None:
    page = anonymous.get(path, Accept="text/html,application/xhtml+xml,*/*;q=0.8", X_Request_ID="lost-1")
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert b"There is nothing at this address." in page.content
    assert b"lost-1" in page.content
    assert b"script" not in page.content
    for accept in ("*/*", "application/problem+json, text/html;q=0.9"):
        assert kind(anonymous.get(path, Accept=accept)) == "not-found"
    assert kind(anonymous.get("nowhere", Accept="text/html")) == "not-found"


@pytest.mark.django_db(transaction=True)
def test_a_crash_shows_only_the_request_id_and_logs_no_values(reader: Api, ada: Patient) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE patients_patient SET identifiers = '[{\"secret\": 1}]'")
    response = reader.get(f"patients/{ada.id}/", X_Request_ID="crash-1")
    assert (response.status_code, kind(response)) == (500, "internal-error")
    assert response["X-Request-ID"] == "crash-1"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\u00e9"])
def test_a_request_id_that_is_not_well_formed_is_replaced(anonymous: Api, given: str) -> None:
    answered = anonymous.get("patients/", X_Request_ID=given)["X-Request-ID"]
    assert answered != given
    assert re.fullmatch(r"[0-9a-f-]{36}", answered)


@pytest.mark.django_db(transaction=True)
def test_logs_each_request_once_with_its_use_cases_and_nothing_personal(
    clerk: Api, ada: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        clerk.get(f"patients/?q={ada.last_name}&email={ada.email}", X_Request_ID="look-1")
        clerk.patch(f"patients/{ada.id}/", {"last_name": "Lovelace"})
        clerk.post("patients/", {"first_name": "Ada", "email": ada.email})
    events = [cast("dict[str, Any]", record.msg) for record in caplog.records]
    logged = json.dumps(events, default=str)
    for secret in (ada.email, ada.last_name, "Lovelace", str(ada.id)):
        assert str(secret) not in logged
    assert [event["event"] for event in events] == ["request"] * 3
    assert (events[0]["request_id"], events[0]["route"]) == ("look-1", "/api/v1/patients/")
    done = [[(seen["operation"], seen["outcome"]) for seen in event["use_cases"]] for event in events]
    assert done == [
        [("search_patients", "done")],
        [("update_patient", "done")],
        [("register_patient", "email-taken"), ("record_access", "done")],
    ]
    assert all(0 <= seen["milliseconds"] <= event["milliseconds"] for event in events for seen in event["use_cases"])


@pytest.mark.django_db(transaction=True)
def test_an_undefined_method_is_not_logged(clerk: Api, ada: Patient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        clerk.call(str(ada.last_name).upper(), "patients/")
    events = [cast("dict[str, str]", record.msg) for record in caplog.records]
    assert [event["method"] for event in events if event["event"] == "request"] == ["other"]


@pytest.mark.django_db(transaction=True)
def test_each_line_of_a_request_names_its_actor(
    registry: Container, clerk: Api, anonymous: Api, caplog: pytest.LogCaptureFixture
) -> None:
    name = registry.authenticate()(access=clerk.token, request_id="r").actor.name
    with caplog.at_level(logging.INFO):
        clerk.get("patients/")
        anonymous.get("patients/")
    actors = [cast("dict[str, str]", record.msg)["actor"] for record in caplog.records]
    assert actors == [name, "anonymous"]
