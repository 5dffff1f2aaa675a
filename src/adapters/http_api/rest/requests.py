"""Reading requests: bodies, query strings and cursors. Values are left to the core to judge."""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import IO, Any, TypedDict, cast
from uuid import UUID

import orjson
from django.http import HttpRequest, QueryDict
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from adapters.http_api.rest.authentication import actor, required_permission
from adapters.http_api.rest.errors import BodyTooLarge, MalformedBody
from adapters.http_api.rest.preconditions import check_untagged
from core.errors import ErrorCollector, FieldError, InvalidValue, ValidationError, parse_one
from core.patients.audit import ChangeCursor
from core.patients.search import PatientCursor

MAX_BODY_BYTES = 500_000
MAX_BRACKETS = 25_000  # also of those in texts, which are no lists and objects
MAX_CREDENTIALS_BYTES = 4096
_VERSION_BYTES = 4
_POSITION_BYTES = 8
_FLAGS = {"count", "drafts", "is_active", "spreadsheet"}


def content_length(request: HttpRequest | Request) -> int:
    """0 without a body. Raises `ValueError` for what is no number: `ApiMiddleware` has answered that already."""
    return int(request.headers.get("Content-Length") or 0)


class JsonParser(BaseParser):
    """Raises `ValidationError` for members given twice, of which one would be lost."""

    media_type = "application/json"
    most_bytes = MAX_BODY_BYTES

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:  # JSON may hold anything
        if parser_context and content_length(parser_context["request"]) > self.most_bytes:
            raise BodyTooLarge
        body = stream.read(self.most_bytes + 1)
        if len(body) > self.most_bytes:
            raise BodyTooLarge
        if body.count(b"[") + body.count(b"{") > MAX_BRACKETS:
            raise ValidationError([FieldError("", "too_many", "Give fewer lists and objects.")])
        try:
            value = orjson.loads(body)
            _refuse_repeated_members(body)
        except (orjson.JSONDecodeError, RecursionError):
            raise MalformedBody from None
        return value


class CredentialsParser(JsonParser):
    """For views that anybody may call, before they are known."""

    most_bytes = MAX_CREDENTIALS_BYTES


def _refuse_repeated_members(body: bytes) -> None:
    """orjson keeps the last of them and says nothing."""
    errors = ErrorCollector()

    def note(pairs: list[tuple[str, object]]) -> None:
        if len(pairs) != len({name for name, _ in pairs}):
            counted = Counter(name for name, _ in pairs)
            for name in (name for name, count in counted.items() if count > 1):
                errors.add(name, "repeated", "Give this once.")

    json.loads(body, object_pairs_hook=note, parse_int=len, parse_float=len)
    errors.raise_if_any()


@cache
def names(shape: type[Serializer[Any]]) -> dict[str, bool]:
    """The members that `shape` has, and whether each may be set."""
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
    """The body's members, and the parameters of the query string that `query` names, as `admit` admits the request.

    Raises `Forbidden`, `PreconditionFailed`, and `ValidationError` for each that `shape` and `query` do not name, or
    `shape` names as read-only.
    """
    given, errors = read_body_collecting(request, shape, required=required, query=query)
    errors.raise_if_any()
    return given


def read_body_collecting(
    request: Request,
    shape: type[Serializer[Any]],
    *,
    required: Iterable[str] = (),
    query: Iterable[str] = (),
    ignore_read_only: bool = False,
) -> tuple[dict[str, object], ErrorCollector]:
    """The same, with the errors to be raised together with those of the values."""
    admit(request)
    besides, errors = read_query_collecting(request.query_params, query)
    body = _object(request)
    fields = names(shape)
    given: dict[str, object] = {}
    for name, value in body.items():
        if name not in fields:
            errors.add(name, "unknown", "Unknown field.")
        elif fields[name]:
            given[name] = value
        elif not ignore_read_only:
            errors.add(name, "read_only", "This field cannot be set.")
    for name in required:
        if name not in given:
            errors.add(name, "required", "This field is required.")
    for name in given.keys() & besides.keys():
        errors.add(name, "repeated", "Give this once.")
    return given | besides, errors


def require_no_input(request: Request) -> None:
    """For an address that takes neither members nor parameters: nothing that is sent is ignored. Raises
    `ValidationError`."""
    read_body(request, Serializer)


def _object(request: Request) -> dict[str, object]:
    if not isinstance(request.data, dict):
        raise ValidationError([FieldError("", "type", "Give a JSON object.")])
    return cast("dict[str, object]", request.data)


def read_query(query: QueryDict, names: Iterable[str]) -> dict[str, object]:
    """The query string's parameters: numbers, `true` and `false` as JSON would have them where those are meant, the
    others as text.

    Raises `ValidationError` for unknown and repeated ones.
    """
    given, errors = read_query_collecting(query, names)
    errors.raise_if_any()
    return given


def read_query_collecting(query: QueryDict, names: Iterable[str]) -> tuple[dict[str, object], ErrorCollector]:
    """The same, with the errors to be raised together with those of the values."""
    known = set(names)
    errors = ErrorCollector()
    given: dict[str, object] = {}
    for name, values in query.lists():
        if name not in known:
            errors.add(name, "unknown", "There is no such parameter.")
        elif len(values) > 1:
            errors.add(name, "repeated", "Give this once.")
        else:
            given[name] = _typed(name, str(values[0]))
    return given, errors


def _typed(name: str, value: str) -> object:
    if name == "limit" and re.fullmatch("[0-9]{1,6}", value):
        return int(value)
    return {"true": True, "false": False}.get(value, value) if name in _FLAGS else value


class Paging(TypedDict, total=False):
    after: UUID
    limit: int


def paging(given: dict[str, object]) -> Paging:
    """`limit` and `cursor`, as use cases that page by ids take them."""
    if "cursor" in given:
        given["after"] = read_id_cursor(given.pop("cursor"))
    return cast("Paging", given)


def cursor(last: UUID | int) -> str:
    """Opaque to callers: where a page ended."""
    return _encoded(last.bytes if isinstance(last, UUID) else last.to_bytes(_VERSION_BYTES, "big"))


def patient_cursor(last: PatientCursor) -> str:
    return _encoded(last.id.bytes + last.version.to_bytes(_VERSION_BYTES, "big"))


def change_cursor(last: ChangeCursor) -> str:
    return _encoded(last.epoch.bytes + last.position.to_bytes(_POSITION_BYTES, "big"))


def read_id_cursor(raw: object) -> UUID:
    return UUID(bytes=parse_one("cursor", lambda text: _decoded(text, 16), raw))


def read_version_cursor(raw: object) -> int:
    return int.from_bytes(parse_one("cursor", lambda text: _decoded(text, _VERSION_BYTES), raw), "big")


def parse_patient_cursor(raw: object) -> PatientCursor:
    """Raises `InvalidValue`."""
    value = _decoded(raw, 16 + _VERSION_BYTES)
    return PatientCursor(UUID(bytes=value[:16]), int.from_bytes(value[16:], "big"))


def read_change_cursor(raw: object) -> ChangeCursor:
    value = parse_one("cursor", lambda text: _decoded(text, 16 + _POSITION_BYTES), raw)
    return ChangeCursor(UUID(bytes=value[:16]), int.from_bytes(value[16:], "big"))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(raw: object, length: int) -> bytes:
    try:
        text = raw if isinstance(raw, str) else ""
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        value = b""
    if len(value) != length:
        raise InvalidValue("invalid", "Give the cursor from the next link of the page before.")
    return value


def parse_id(raw: object) -> UUID:
    """An id in a body, where it is a text. Raises `InvalidValue`."""
    text = raw if isinstance(raw, str) else ""
    if re.fullmatch("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is None:
        raise InvalidValue("invalid", "Give an id, such as 019c13d1-7e40-7000-8000-000000000001.")
    return UUID(text)


def expected_version(request: Request, errors: ErrorCollector) -> int | None:
    """The `version` member of a whole record that is put back, None where it was left out."""
    version = _object(request).get("version")
    if type(version) is int:
        return version
    if "version" in _object(request):
        errors.add("version", "type", "Must be the version that you read, a whole number.")
    return None
