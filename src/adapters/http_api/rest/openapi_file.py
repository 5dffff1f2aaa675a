from functools import cache
from hashlib import blake2b
from pathlib import Path

import orjson
from django.conf import settings
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.rest.queries import read_query


class SchemaView(APIView):
    """The OpenAPI schema from its file: to build it for each call costs too much for calls that anybody may make."""

    authentication_classes = ()
    renderer_classes = (OpenApiJsonRenderer, OpenApiJsonRenderer2)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        read_query(request.query_params, [])
        content, etag = _schema(settings.OPENAPI_FILE)
        headers = {"ETag": etag, "Cache-Control": "public, max-age=300"}
        response = HttpResponse(content, content_type=request.accepted_renderer.media_type, headers=headers)
        answer = get_conditional_response(request._request, etag=etag, response=response)
        assert isinstance(answer, HttpResponse)
        return answer


@cache
def _schema(file: Path) -> tuple[bytes, str]:
    content = orjson.dumps(orjson.loads(file.read_bytes()))  # the file is indented, for people and for diffs
    return content, f'"{blake2b(content, digest_size=8).hexdigest()}"'
