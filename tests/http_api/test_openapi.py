"""The committed schema describes every operation and every property."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator, FormatChecker

SCHEMA = orjson.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_bytes())
COMPONENTS = SCHEMA["components"]
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation for methods in SCHEMA["paths"].values() for operation in methods.values()
}
PUBLIC = {"sign_in", "refresh_session", "reset_password", "sign_out"}
ANY_ACCOUNT = {"me", "change_own_password", "list_own_sessions", "end_own_session"}
WITH_LOCATION = {"201", "202"}
NO_ADDRESS = {"create_service_key", "issue_password_reset"}  # keys and codes have no address
TAGGED = {"Patient", "Post"}


@pytest.fixture(params=OPERATIONS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def operation(name: str) -> dict[str, Any]:
    return OPERATIONS[name]


def responses(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        status: COMPONENTS["responses"][status] if "$ref" in response else response
        for status, response in operation["responses"].items()
    }


def contents(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The content of the request and of each response, by media type."""
    for holder in (operation.get("requestBody", {}), *responses(operation).values()):
        yield from holder.get("content", {}).values()


def test_every_operation_has_a_summary_and_a_description(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert not operation["summary"].endswith(".")
    assert len(operation["description"].split("\n\n")) >= 2, "Say more than which permission it needs."
    assert all(response["description"] for response in responses(operation).values())


def test_every_operation_names_the_permission_it_needs(name: str, operation: dict[str, Any]) -> None:
    security = operation.get("security", [])
    if name in PUBLIC:
        assert security == []
    elif name in ANY_ACCOUNT:
        assert security == [{"bearer": []}]
    else:
        [permission] = security[0]["bearer"]
        assert f"Permission: `{permission}`" in operation["description"]


def test_every_body_has_an_example_that_its_schema_accepts(operation: dict[str, Any]) -> None:
    for content in contents(operation):
        [example] = content["examples"].values()
        validator = Draft202012Validator(content["schema"] | {"components": COMPONENTS}, format_checker=FormatChecker())
        validator.validate(example["value"])


def test_every_parameter_has_a_description_and_every_id_an_example(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        assert parameter["description"]
        assert "example" in parameter or parameter["in"] != "path"


def test_every_response_names_its_headers(name: str, operation: dict[str, Any]) -> None:
    parameters = {parameter["name"] for parameter in operation.get("parameters", [])}
    for status, response in responses(operation).items():
        headers = response.get("headers", {})
        expected = {"RateLimit", "RateLimit-Policy"} if status < "300" or status == "429" else set[str]()
        expected |= {"Retry-After"} if status in {"202", "429", "503"} else set()
        expected |= {"WWW-Authenticate"} if status == "401" else set()
        expected |= {"Location"} if status in WITH_LOCATION and name not in NO_ADDRESS else set()
        expected |= {"ETag"} if status == "304" or (status < "300" and _shape(response) in TAGGED) else set()
        expected |= {"Link"} if status == "200" and "cursor" in parameters else set()
        assert headers.keys() >= expected, status
        assert all(header["description"] and header["examples"] for header in headers.values())


def _shape(response: dict[str, Any]) -> str:
    [content, *_] = response.get("content", {}).values() or [{"schema": {}}]
    return content["schema"].get("$ref", "").rpartition("/")[2]


@pytest.mark.parametrize("component", COMPONENTS["schemas"])
def test_every_property_has_a_description(component: str) -> None:
    for name, schema in COMPONENTS["schemas"][component].get("properties", {}).items():
        assert schema.get("description"), name


def test_the_schema_says_where_tokens_come_from_and_how_long_they_last() -> None:
    text = COMPONENTS["securitySchemes"]["bearer"]["description"]
    for part in ("`sign_in`", "10 minutes", "14 days", "`create_service_key`", "Authorization: Bearer"):
        assert part in text
