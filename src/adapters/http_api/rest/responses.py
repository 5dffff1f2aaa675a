"""Building responses: what each record looks like in JSON, and the documents around it."""

from collections.abc import Mapping, Sequence

import orjson
from django.http import HttpResponse
from rest_framework.request import Request

from adapters.http_api.rest.preconditions import Record, check_read, entity_tag

_OPTIONS = orjson.OPT_UTC_Z


def document(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    content = orjson.dumps(body, option=_OPTIONS)
    return HttpResponse(content, status=status, content_type="application/json", headers=dict(headers or {}))


def page(request: Request, results: Sequence[object], next_cursor: str | None, **members: object) -> HttpResponse:
    """`next` is the address of the next page, what was asked for with the cursor; `Link` says the same (RFC 8288)."""
    link, headers = None, {}
    if next_cursor is not None:
        query = request.query_params.copy()
        query["cursor"] = next_cursor
        link = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
        headers["Link"] = f'<{link}>; rel="next"'
    return document({"next": link, "next_cursor": next_cursor, "results": results, **members}, headers=headers)


def tagged_document(
    request: Request, record: Record, body: object, status: int, headers: Mapping[str, str] | None
) -> HttpResponse:
    """Carries a strong ETag."""
    response = document(body, status=status, headers=headers)
    tag = entity_tag(record, response.content)
    if request.method in {"GET", "HEAD"}:
        check_read(request, tag)
    response["ETag"] = tag
    return response
