"""Reading bodies. The core validates the values."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, cast
from uuid import UUID

from rest_framework.request import Request
from rest_framework.serializers import Serializer

from adapters.http_api.rest.authentication import actor, required_permission
from adapters.http_api.rest.preconditions import check_untagged
from adapters.http_api.rest.queries import REPEATED, read_query_collecting
from core.errors import ErrorCollector, FieldError, InvalidValue, ValidationError


@cache
def names(shape: type[Serializer[Any]]) -> dict[str, bool]:
    """The members of `shape`, each with whether it can be set."""
    return {name: not field.read_only for name, field in shape().get_fields().items()}


def admit(request: Request) -> None:
    """Checks the operation's permission first, so that a caller without it learns nothing about the input; then the
    preconditions, where there are no entity tags. Raises `Forbidden`, `ValidationError`, `PreconditionFailed`."""
    permission = required_permission(request)
    if permission is not None:
        actor(request).require(permission)
    check_untagged(request)


def read_body(
    request: Request,
    shape: type[Serializer[Any]],
    *,
    required: Iterable[str] = (),
    query: Iterable[str] = (),
) -> dict[str, object]:
    """The members of the body, and the parameters of the query string that `query` names, after `admit`.

    Raises `Forbidden`, `PreconditionFailed`, and `ValidationError` for members and parameters that are unknown,
    repeated, read-only or missing.
    """
    members, errors = read_body_collecting(request, shape, required=required, query=query)
    errors.raise_if_any()
    return members


def read_body_collecting(
    request: Request,
    shape: type[Serializer[Any]],
    *,
    required: Iterable[str] = (),
    query: Iterable[str] = (),
    ignore_read_only: bool = False,
) -> tuple[dict[str, object], ErrorCollector]:
    """Like `read_body`, but returns the errors, so that the caller raises them together with those of the values."""
    admit(request)
    parameters, errors = read_query_collecting(request.query_params, query)
    body = _object(request)
    settable = names(shape)
    members: dict[str, object] = {}
    for name, value in body.items():
        if name not in settable:
            errors.add(name, "unknown", "Unknown field.")
        elif settable[name]:
            members[name] = value
        elif not ignore_read_only:
            errors.add(name, "read_only", "This field cannot be set.")
    for name in required:
        if name not in members:
            errors.add(name, "required", "This field is required.")
    for name in members.keys() & parameters.keys():
        errors.add(name, "repeated", REPEATED)
    return members | parameters, errors


def require_no_input(request: Request) -> None:
    """For an operation without members and parameters. Raises `ValidationError` if one is sent."""
    read_body(request, Serializer)


def _object(request: Request) -> dict[str, object]:
    if not isinstance(request.data, dict):
        raise ValidationError([FieldError("", "type", "Must be a JSON object.")])
    return cast("dict[str, object]", request.data)


def parse_id(raw: object) -> UUID:
    """Raises `InvalidValue`."""
    text = raw if isinstance(raw, str) else ""
    if re.fullmatch("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is None:
        raise InvalidValue("invalid", "Must be an id, such as 019c13d1-7e40-7000-8000-000000000001.")
    return UUID(text)


def expected_version(request: Request, errors: ErrorCollector) -> int | None:
    """The `version` member of a PUT, None if it is missing."""
    body = _object(request)
    if "version" in body:
        with errors.field("version"):
            return parse_version(body["version"])
    return None


def parse_version(raw: object) -> int:
    """Raises `InvalidValue`."""
    if type(raw) is not int:
        raise InvalidValue("type", "Must be the version that you read, a whole number.")
    return raw
