"""Calls one `app` in this process: `python -m benchmarks.peers.serve drf TOKEN`.

Each line of standard input is a JSON list of calls: method, path and body. The answer is a line of milliseconds.
"""

import io
import json
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from time import perf_counter
from typing import Any
from wsgiref.util import setup_testing_defaults

App = Callable[..., Iterable[bytes]]


def environ_of(method: str, path: str, body: dict[str, object] | None, token: str) -> dict[str, Any]:
    path, _, query = path.partition("?")
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    if body is not None:
        content = json.dumps(body).encode()
        environ |= {"wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": str(len(content))}
        environ["CONTENT_TYPE"] = "application/json"
    setup_testing_defaults(environ)
    origin = {"HTTP_HOST": "testserver", "wsgi.url_scheme": "https", "REMOTE_ADDR": "127.0.0.1"}
    return environ | origin | {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def call(app: App, environ: dict[str, Any]) -> dict[str, str]:
    """The headers of the answer."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    response = app(environ, lambda status, headers, *_: started.append((status, headers)))
    body = b"".join(response)
    getattr(response, "close", lambda: None)()
    [(status, headers)] = started
    if not status.startswith("2"):
        raise SystemExit(f"{environ['PATH_INFO']} answered {status}: {body[:300]!r}")
    return dict(headers)


def milliseconds(app: App, token: str, method: str, path: str, body: dict[str, object] | None) -> float:
    """A change is based on the record as it is now, if the application has entity tags."""
    environ = environ_of(method, path, body, token)
    if method == "PATCH" and (tag := call(app, environ_of("GET", path, None, token)).get("ETag")):
        environ["HTTP_IF_MATCH"] = tag
    started = perf_counter()
    call(app, environ)
    return (perf_counter() - started) * 1000


def main(name: str, token: str) -> None:
    app = import_module(f"benchmarks.peers.{name}").app
    for line in sys.stdin:
        print(json.dumps([milliseconds(app, token, *one) for one in json.loads(line)]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
