"""Calls one `app` in this process: `python -m benchmarks.peers.serve drf TOKEN`.

Each line of standard input is a number of calls, and the paths to call in turn. The answer is a line of milliseconds.
"""

import json
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from itertools import cycle, islice
from time import perf_counter
from typing import Any
from wsgiref.util import setup_testing_defaults


def environ_of(path: str, token: str) -> dict[str, Any]:
    path, _, query = path.partition("?")
    environ: dict[str, Any] = {"PATH_INFO": path, "QUERY_STRING": query, "HTTP_AUTHORIZATION": f"Bearer {token}"}
    setup_testing_defaults(environ)
    return environ | {"HTTP_HOST": "testserver", "wsgi.url_scheme": "https", "REMOTE_ADDR": "127.0.0.1"}


def call(app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> None:
    statuses: list[str] = []
    response = app(environ, lambda status, headers, *_: statuses.append(status))
    body = b"".join(response)
    getattr(response, "close", lambda: None)()
    if not statuses[0].startswith("200"):
        raise SystemExit(f"{environ['PATH_INFO']} answered {statuses[0]}: {body[:300]!r}")


def main(name: str, token: str) -> None:
    app = import_module(f"benchmarks.peers.{name}").app
    for line in sys.stdin:
        times, *paths = line.split()
        spent: list[float] = []
        for path in islice(cycle(paths), int(times)):
            environ = environ_of(path, token)
            started = perf_counter()
            call(app, environ)
            spent.append((perf_counter() - started) * 1000)
        print(json.dumps(spent), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
