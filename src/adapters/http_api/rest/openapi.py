"""How views are described in the OpenAPI schema."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import Serializer

from adapters.http_api.rest.negotiation import JSON, MERGE_PATCH
from adapters.http_api.rest.schemas import ProblemSerializer


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "adapters.http_api.rest.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


F = TypeVar("F", bound=Callable[..., Any])
Shape = type[Serializer[Any]] | Serializer[Any]

_MEANING = {
    400: "Something given is not valid; `errors` names each field and rule.",
    401: "Sign in first, or the token is no longer valid.",
    403: "Your role may not do this.",
    404: "There is no such record.",
    406: "The answer is not available in any form that Accept asks for.",
    409: "This contradicts another record, or the record's status.",
    410: "The cursor can no longer be continued: start again without one. `detail` says why.",
    412: "The record has changed since you read it.",
    413: "The body is too large.",
    414: "The address is too long: search by a body instead.",
    415: "This address does not take a body of this type.",
    429: "Too many calls, of yours or to upstream; wait for `Retry-After` seconds.",
    502: "Upstream's answer is not acceptable.",
    503: "Upstream or the database does not answer; wait for `Retry-After` seconds.",
}
_ALWAYS = (400, 406, 429, 503)

CURSOR = OpenApiParameter("cursor", str, description="From the `next` link of the page before.")

LIMIT = OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50})
NAME = OpenApiParameter("name", str, description="The one of this name.")
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="ETags you read: 412 if the record has changed since."
)
IF_NONE_MATCH = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The ETag you have.")

RETRY_AFTER = OpenApiParameter(
    "Retry-After", int, OpenApiParameter.HEADER, response=[202], description="Seconds to wait before the first look."
)


def document_operation(
    operation: str,
    answer: Shape | None,
    *problems: int,
    status: int = 200,
    body: Shape | None = None,
    parameters: list[OpenApiParameter | Shape] | None = None,
    files: Sequence[str] = (),
    public: bool = False,
    anonymous: bool = False,
) -> Callable[[F], F]:
    """`problems` are the error statuses besides those that every call may answer with. `files`: the media types of an
    answer that is a file. What is `public` looks at no token; what is open to the `anonymous` looks at one that is
    sent."""
    expected = {*_ALWAYS, *problems} | (set() if public else {401} if anonymous else {401, 403})
    expected |= {413, 415} if body else set()
    responses: dict[int | tuple[int, str], object] = {(status, media): OpenApiTypes.STR for media in files}
    responses = responses or {status: answer or OpenApiResponse(description="Done.")}
    if parameters and IF_NONE_MATCH in parameters:
        responses[304] = OpenApiResponse(description="You have this already.")
    for problem in sorted(expected):
        responses[problem, "application/problem+json"] = OpenApiResponse(ProblemSerializer, _MEANING[problem])
    security = [] if public else [{"bearer": []}, {}] if anonymous else None
    is_patch = isinstance(body, Serializer) and body.partial
    return extend_schema(
        operation_id=operation,
        request={JSON: body, MERGE_PATCH: body} if is_patch else body,
        responses=responses,
        parameters=[*(parameters or []), RETRY_AFTER] if status == 202 else parameters,
        auth=security,
    )
