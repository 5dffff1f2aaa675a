from collections.abc import Mapping
from typing import Any, cast

import orjson
from attrs import field, frozen
from django.http import HttpRequest, HttpResponse
from django.test import Client


class Answer(HttpResponse):
    """What Django's test client gives."""

    wsgi_request: HttpRequest

    def json(self) -> Any: ...


@frozen
class Api:
    """Calls the API as it is deployed, through every middleware."""

    token: str = ""
    client: Client = field(factory=lambda: Client(raise_request_exception=False))

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        content = body if isinstance(body, bytes) else orjson.dumps(body) if body is not None else b""
        url = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        response = self.client.generic(method, url, content, content_type, headers=given | dict(headers or {}))
        return cast("Answer", response)

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, headers=_named(headers))

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return self.call("POST", path, body, _named(headers))

    def put(self, path: str, body: object, **headers: str) -> Answer:
        return self.call("PUT", path, body, _named(headers))

    def patch(self, path: str, body: object, **headers: str) -> Answer:
        return self.call("PATCH", path, body, _named(headers))

    def delete(self, path: str, **headers: str) -> Answer:
        return self.call("DELETE", path, headers=_named(headers))


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
