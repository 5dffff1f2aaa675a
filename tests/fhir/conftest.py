from collections.abc import Callable, Mapping
from typing import Any

import pytest

from core.access import Role
from tests.http_api.client import Answer, Api
from tests.http_api.conftest import ada, register, registry, signed_in, views_at_once

__all__ = ["ada", "register", "registry", "signed_in", "views_at_once"]

FHIR_JSON = "application/fhir+json"
Patient = dict[str, Any]


@pytest.fixture
def fhir(signed_in: Callable[[Role], Api]) -> "Fhir":
    return Fhir(signed_in(Role.ADMIN))


class Fhir:
    """A client of the FHIR API."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def call(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        return self.api.call(method, f"/fhir/R4/{path}", body, headers, content_type=FHIR_JSON)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.call("GET", path, headers=headers)

    def create(self, patient: Patient, **headers: str) -> Answer:
        return self.call("POST", "Patient", patient, {name.replace("_", "-"): value for name, value in headers.items()})

    def created(self, patient: Patient) -> Patient:
        answer = self.create(patient)
        assert answer.status_code == 201, answer.content
        return answer.json()


def codes(answer: Answer) -> list[tuple[str, str | None]]:
    """The code of each issue, and the element that it is about."""
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    return [(issue["code"], issue.get("expression", [None])[0]) for issue in outcome["issue"]]
