"""How views are described in the OpenAPI schema. The texts of an operation are the docstring of its method: the first
line is the summary, the rest the description."""

from collections.abc import Callable, Mapping, Sequence
from inspect import getdoc
from types import MappingProxyType
from typing import Any, TypeVar, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiRequest, OpenApiResponse, extend_schema
from rest_framework.serializers import Serializer

from adapters.http_api.rest.errors import PROBLEM, example_problem
from adapters.http_api.rest.examples import ID, example_of
from adapters.http_api.rest.headers import response_headers
from adapters.http_api.rest.negotiation import JSON, MERGE_PATCH
from adapters.http_api.rest.schemas import ProblemSerializer
from core.access import ANONYMOUS_PERMISSIONS, Permission
from core.accounts.service_keys import KEY_LIFETIME
from core.accounts.sessions import TokenLifetimes
from core.idempotency.entities import MAX_KEY_LENGTH
from core.values import DEFAULT_PER_PAGE, MAX_PER_PAGE

_LIFETIMES = TokenLifetimes()


_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "Send `Authorization: Bearer <token>`. The token is one of two kinds. A user's access token comes "
    f"from `sign_in` and is valid for {_LIFETIMES.access.seconds // 60} minutes; `refresh_session` exchanges the "
    f"refresh token, which came with it and is valid for {_LIFETIMES.refresh.days} days, for a new pair. A service key "
    f"comes from `create_service_key` and is valid for {KEY_LIFETIME.days} days by default, until it is revoked. The "
    "names in an operation's security requirement are the permissions that it needs; `me` lists those of the caller.",
}

F = TypeVar("F", bound=Callable[..., Any])
Shape = type[Serializer[Any]] | Serializer[Any]

_SUCCESS = {200: "Success.", 201: "Created.", 202: "Accepted: a job does it in the background.", 204: "Done."}
_PROBLEMS = {
    400: "The request is not valid; `errors` names each field and rule.",
    401: "The token is missing, invalid or expired.",
    403: "The caller does not have the permission.",
    404: "The record does not exist.",
    406: "The response is not available in any media type that `Accept` names.",
    409: "The request conflicts with another record or with the status of this one.",
    410: "The cursor is no longer valid: start again without one; or the answer to this request is no longer stored.",
    412: "The record has changed since it was read.",
    413: "The body is too large.",
    414: "The address is longer than 10,000 bytes. Send a long search to `search_patients`.",
    415: "The media type of the body is not supported.",
    422: "The `Idempotency-Key` was sent with another request, or with other permissions.",
    429: "Too many requests, from this caller or to the upstream; wait for `Retry-After` seconds.",
    502: "The upstream sent an invalid response.",
    503: "The upstream or the database is unavailable; wait for `Retry-After` seconds.",
}
_ALWAYS = (400, 406, 429, 503)

CURSOR = OpenApiParameter("cursor", str, description="The `next_cursor` of the previous page.")
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_PER_PAGE, "default": DEFAULT_PER_PAGE},
    description="The maximum number of results on the page.",
)
NAME = OpenApiParameter("name", str, description="Only the account with this name.")
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` of the record as it was read: 412 if the record has changed since.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="A random key for this request, such as a UUID. The same request with the same key changes nothing a "
    "second time: for 24 hours, it gets the first answer. 422 for another request with the key.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The `ETag` of a cached response: 304 if it is current."
)


def document_operation(
    operation: str,
    permission: Permission | None,
    response: Shape | None,
    *problems: int,
    status: int = 200,
    body: Shape | None = None,
    parameters: Sequence[OpenApiParameter | Shape] = (),
    headers: Sequence[str] = (),
    files: Mapping[str, str] = MappingProxyType({}),
    public: bool = False,
    repeatable: bool = False,
) -> Callable[[F], F]:
    """`permission` is the one that the request needs, None for any account; `required_permission` reads it from here.
    `public`: no token is read. `problems` are the error statuses beyond those of every operation, `headers` those of
    the response beyond the ones that follow from the rest, `files` an example of each media type of a response that
    is a file."""
    anonymous = public or permission in ANONYMOUS_PERMISSIONS
    expected = {*_ALWAYS, *problems} | (set() if public else {401} if anonymous else {401, 403})
    expected |= {413, 415} if body else set()
    expected |= {414} if any(map(_is_in_query, parameters)) else set()
    if repeatable:
        expected, parameters, headers = (
            {*expected, 410, 422},
            [*parameters, IDEMPOTENCY_KEY],
            [*headers, "Idempotency-Replayed"],
        )
    example = [OpenApiExample(operation, example_of(response))] if response else None
    responses: dict[int | tuple[int, str], OpenApiResponse] = {
        (status, media): OpenApiResponse(OpenApiTypes.STR, _SUCCESS[status], [OpenApiExample(operation, text)])
        for media, text in files.items()
    }
    responses = responses or {status: OpenApiResponse(response, _SUCCESS[status], example)}
    if IF_NONE_MATCH in parameters:
        responses[304] = OpenApiResponse(description="The cached response is current.")
    for problem in sorted(expected):
        responses[problem, PROBLEM] = OpenApiResponse(
            ProblemSerializer, _PROBLEMS[problem], [OpenApiExample("problem", example_problem(problem))]
        )

    links = ["Link"] if CURSOR in parameters else []
    security = [] if public else [{"bearer": [permission] if permission else []}, *([{}] if anonymous else [])]

    def describe(method: F) -> F:
        summary, _, text = (getdoc(method) or "").partition("\n")
        documented = extend_schema(
            operation_id=operation,
            summary=summary.removesuffix("."),
            description=f"{text.strip()}\n\n{_access(permission, public=public)}",
            request=_request(operation, body),
            responses=responses,
            parameters=[*parameters, *response_headers(status, expected, [*headers, *links])],
            auth=cast("list[str]", security),  # its type is too narrow
        )(method)
        vars(documented).update(operation=operation, permission=permission)
        return documented

    return describe


def _is_in_query(parameter: OpenApiParameter | Shape) -> bool:
    return not isinstance(parameter, OpenApiParameter) or parameter.location == OpenApiParameter.QUERY


def _request(operation: str, body: Shape | None) -> OpenApiRequest | dict[str, OpenApiRequest] | None:
    if body is None:
        return None
    request = OpenApiRequest(body, examples=[OpenApiExample(operation, example_of(body, request=True))])
    is_patch = isinstance(body, Serializer) and body.partial
    return {JSON: request, MERGE_PATCH: request} if is_patch else request


def _access(permission: Permission | None, *, public: bool) -> str:
    if public:
        return "No access token is needed."
    if permission in ANONYMOUS_PERMISSIONS:
        return f"Permission: `{permission}`, which everybody has, without an access token too."
    return f"Permission: `{permission}`." if permission else "No permission is needed, only an access token."


def finish(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular: adds the token, describes path parameters and shares the problem
    responses."""
    shared: dict[str, object] = {}
    for operation in (one for operations in result["paths"].values() for one in operations.values()):
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                noun, is_id, _ = parameter["name"].replace("_", " ").partition(" id")
                parameter["description"] = f"The id of the {noun}." if is_id else "The name of the upstream."
                parameter["example"] = ID if is_id else "patients"
        for status in operation["responses"].keys() & {str(problem) for problem in _PROBLEMS}:
            shared[status] = operation["responses"][status]
            operation["responses"][status] = {"$ref": f"#/components/responses/{status}"}
    result["components"] |= {"responses": dict(sorted(shared.items())), "securitySchemes": {"bearer": _BEARER}}
    return result
