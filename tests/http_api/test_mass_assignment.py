"""Members that a caller may not set, in the body of every operation of the schema that changes something."""

from string import Formatter
from typing import Any

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.http_api.client import Api
from tests.http_api.problems import errors
from tests.http_api.test_roles import SCHEMA

pytestmark = pytest.mark.django_db(transaction=True)

Schema = dict[str, Any]

OF_ACCOUNTS = {"role", "is_active", "is_staff", "is_superuser", "permissions", "session_epoch", "must_change_password"}
OF_RECORDS = {"id", "pk", "version", "created_at", "actor", "author", "requested_by", "state", "counts", "user_id"}
OF_LANGUAGES = {"__class__", "__dict__", "__proto__", "constructor", "self", "_state"}
OTHERS = OF_ACCOUNTS | OF_RECORDS | OF_LANGUAGES
CALLS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
}
BODIES = {name: list(one.get("requestBody", {}).get("content", {})) for name, (*_, one) in CALLS.items()}
TAKE_JSON = [name for name, types in BODIES.items() if "application/json" in types]
TAKE_NOTHING = [name for name, types in BODIES.items() if not types and CALLS[name][0] != "GET"]
COPIES = {"match_patients": "view_patient", "replace_patient": "view_patient", "replace_post": "view_post"}
"""The operations that take a whole record as it was read: what cannot be set is ignored."""


def resolved(schema: Schema) -> Schema:
    """Without a reference, and without the alternative null."""
    options = [one for one in schema.get("oneOf", schema.get("anyOf", [])) if one.get("type") != "null"]
    schema = options[0] if options else schema
    return SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def shown(operation: Schema) -> set[str]:
    """The members of the record that the operation answers with."""
    for status, response in operation["responses"].items():
        for content in response.get("content", {}).values():
            if status < "3":
                return set(resolved(content["schema"]).get("properties", {}))
    return set()


def with_unknown_members(settable: Schema) -> dict[str, Any]:
    """Values with an unknown member each, by the field that an error is about."""
    found: dict[str, Any] = {}
    for name, schema in settable.items():
        if resolved(schema).get("properties"):
            found[name] = {"is_superuser": True}
        elif resolved(resolved(schema).get("items", {})).get("properties"):
            found[f"{name}.0"] = [{"is_superuser": True}]
    return found


def call(api: Api, request: pytest.FixtureRequest, name: str, body: object, kind: str = "application/json") -> Any:
    method, path, _ = CALLS[name]
    ids = {one: request.getfixturevalue(one) for _, one, _, _ in Formatter().parse(path) if one}
    return api.call(method, path.format(**ids), body, content_type=kind)


@pytest.mark.parametrize("name", TAKE_JSON)
def test_read_only_and_unknown_members_are_refused_by_name(
    admin: Api, request: pytest.FixtureRequest, name: str
) -> None:
    *_, operation = CALLS[name]
    settable = resolved(operation["requestBody"]["content"]["application/json"]["schema"])["properties"]
    ignored = shown(CALLS[COPIES[name]][2]) if name in COPIES else set[str]()
    others = (OTHERS | shown(operation)) - set(settable) - ignored
    given = errors(call(admin, request, name, dict.fromkeys(others, 1)))
    assert {field for field, code in given if code in {"unknown", "read_only"}} == others
    for field, value in with_unknown_members(settable).items():
        given = errors(call(admin, request, name, {field.partition(".")[0]: value}))
        assert given & {(field, "members"), (f"{field}.is_superuser", "unknown")}, field


@pytest.mark.parametrize("name", [name for name in COPIES if "replace" in name])
def test_a_copy_of_a_record_does_not_change_read_only_fields(
    admin: Api, request: pytest.FixtureRequest, name: str
) -> None:
    *_, operation = CALLS[name]
    settable = resolved(operation["requestBody"]["content"]["application/json"]["schema"])["properties"]
    before = call(admin, request, COPIES[name], None).json()
    forged = dict.fromkeys(before.keys() - settable.keys() - {"version"}, 7)
    after = call(admin, request, name, before | forged)
    assert (after.status_code, after.json() | {"view_count": 1}) == (200, before | {"view_count": 1})


@pytest.mark.parametrize("name", TAKE_NOTHING)
def test_an_operation_without_a_body_refuses_a_body(admin: Api, request: pytest.FixtureRequest, name: str) -> None:
    given = call(admin, request, name, dict.fromkeys(OTHERS, 1))
    assert errors(given) == {(member, "unknown") for member in OTHERS}


def test_a_form_ignores_foreign_fields(admin: Api, request: pytest.FixtureRequest) -> None:
    form = encode_multipart(BOUNDARY, dict.fromkeys(OTHERS, "1"))
    given = call(admin, request, "start_import", form, MULTIPART_CONTENT)
    assert {(member, "unknown") for member in OTHERS} <= errors(given)
