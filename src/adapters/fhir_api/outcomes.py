"""Errors as FHIR clients read them."""

from collections.abc import Callable, Mapping
from typing import cast

import orjson
from django.http import HttpRequest, HttpResponse

from adapters.fhir_api.elements import UNSUPPORTED
from adapters.http_api.rest.errors import PROBLEM

FHIR_JSON = "application/fhir+json"
PREFIX = "/fhir/"
_CODES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    409: "conflict",
    410: "deleted",
    412: "conflict",
    413: "too-long",
    414: "too-long",
    422: "not-supported",
    429: "throttled",
    503: "transient",
}


class OutcomeMiddleware:
    """Turns the problem documents of the REST API into operation outcomes, with the same statuses and texts. An element
    that the registry would lose has the status 422."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if request.path_info.startswith(PREFIX) and response.headers.get("Content-Type") == PROBLEM:
            problem = orjson.loads(response.content)
            if any(error["code"] == UNSUPPORTED for error in problem.get("errors", [])):
                response.status_code = 422
            response.content = orjson.dumps(outcome(response.status_code, problem))
            response["Content-Type"] = FHIR_JSON
            if "Content-Length" in response:
                response["Content-Length"] = str(len(response.content))
        return response


def outcome(status: int, problem: Mapping[str, object]) -> dict[str, object]:
    """From a problem document."""
    code = "duplicate" if "candidates" in problem else _CODES.get(status, "processing")
    errors = cast("list[dict[str, str]]", problem.get("errors", []))
    issues = [_issue(code, f"{error['field']}: {error['message']}", error["field"]) for error in errors]
    issues = issues or [_issue(code, str(problem["detail"]))]
    candidates = cast("list[dict[str, str]]", problem.get("candidates", []))
    named = [one["patient_id"] for one in candidates] + ([problem["patient_id"]] if "patient_id" in problem else [])
    if named:
        issues[0]["diagnostics"] = ", ".join(f"Patient/{patient_id}" for patient_id in named)
    return {"resourceType": "OperationOutcome", "issue": issues}


def _issue(code: str, text: str, path: str = "") -> dict[str, object]:
    issue: dict[str, object] = {"severity": "error", "code": code, "details": {"text": text}}
    return issue | ({"expression": [path]} if path.partition(".")[0] == "Patient" else {})
