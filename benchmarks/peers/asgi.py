"""Calls an ASGI application as a WSGI one, in an event loop that stays open, as a server has it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any

Message = MutableMapping[str, Any]
Asgi = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


def wsgi(application: Asgi) -> Callable[..., Iterable[bytes]]:
    run = asyncio.Runner().run

    async def answer(environ: dict[str, Any]) -> list[Message]:
        sent: list[Message] = []

        async def receive() -> Message:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            return {"type": "http.request", "body": environ["wsgi.input"].read(length), "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        await application(_scope(environ), receive, send)
        return sent

    def app(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        start, *bodies = run(answer(environ))
        headers = [(name.decode(), value.decode()) for name, value in start["headers"]]
        start_response(f"{start['status']} {HTTPStatus(start['status']).phrase}", headers)
        return [body["body"] for body in bodies]

    return app


def _scope(environ: dict[str, Any]) -> Message:
    names = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}
    names |= {name: name[5:].replace("_", "-").lower() for name in environ if name.startswith("HTTP_")}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": environ["REQUEST_METHOD"],
        "scheme": "https",
        "path": environ["PATH_INFO"],
        "raw_path": environ["PATH_INFO"].encode(),
        "query_string": environ["QUERY_STRING"].encode(),
        "root_path": "",
        "headers": [(name.encode(), environ[key].encode()) for key, name in names.items() if key in environ],
        "client": ("127.0.0.1", 0),
        "server": ("testserver", 443),
    }
