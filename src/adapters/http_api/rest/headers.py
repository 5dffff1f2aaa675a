"""The response headers that the OpenAPI schema describes."""

from collections.abc import Iterable

from drf_spectacular.utils import OpenApiExample, OpenApiParameter

_HEADERS = {
    "Content-Disposition": ("A name for the file.", 'attachment; filename="patients.csv"'),
    "ETag": ("The entity tag of this representation, for `If-Match` and `If-None-Match`.", '"3-0f…-8a…"'),
    "Idempotency-Replayed": ("`true` if this is the answer to an earlier request with the same key.", "true"),
    "Link": ("The next page, if there is one (RFC 8288).", '<https://registry.example/api/v1/…>; rel="next"'),
    "Location": ("The address of the new record.", "https://registry.example/api/v1/…/"),
    "RateLimit": ("The requests that are left, and the seconds until the quota is full again.", '"user";r=2999;t=60'),
    "RateLimit-Policy": ("The quota and its window in seconds.", '"user";q=3000;w=60'),
    "Retry-After": ("The seconds to wait before the next request.", 5),
    "WWW-Authenticate": ("The authentication scheme (RFC 6750).", 'Bearer realm="patient-registry"'),
}


def response_headers(status: int, problems: Iterable[int], names: Iterable[str]) -> list[OpenApiParameter]:
    """`names` are those of the successful response; the others follow from the statuses."""
    statuses: dict[str, set[int]] = {name: {status} for name in names}
    if "ETag" in statuses and status == 200:
        statuses["ETag"].add(304)
    statuses["RateLimit"] = statuses["RateLimit-Policy"] = {status, 429}
    statuses["Retry-After"] = {202, 429, 503} & {status, *problems}
    statuses["WWW-Authenticate"] = {401} & set(problems)
    return [_header(name, sorted(codes)) for name, codes in sorted(statuses.items()) if codes]


def _header(name: str, statuses: list[int]) -> OpenApiParameter:
    description, example = _HEADERS[name]
    return OpenApiParameter(
        name,
        type(example),
        OpenApiParameter.HEADER,
        description=description,
        response=list(statuses),
        examples=[OpenApiExample(name, example)],
    )
