"""An upstream that repeats personal values wherever a response has room for text."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from urllib.parse import unquote

from tests.e2e.markers import BIRTHDAY, MARK, PHONE

SAID = f"{MARK} Byron, {PHONE}, {BIRTHDAY}, {MARK}@mail.example"
RECORD = {"last_name": f"{MARK}upstream", "phone": PHONE}
Response = tuple[str, dict[str, str], str]  # status line, headers, body


def responses(external_id: str) -> list[Response]:
    error = json.dumps({"error": f"{external_id}: {SAID}", "last_name": SAID})
    return [
        ("200 OK", {}, json.dumps({"id": external_id} | RECORD)),
        ("200 OK", {}, json.dumps({"id": SAID} | RECORD)),
        ("200 OK", {}, json.dumps({"id": external_id, "email": SAID, "date_of_birth": SAID, SAID: SAID})),
        ("200 OK", {}, json.dumps([SAID])),
        ("200 OK", {"Content-Type": f"text/{MARK}"}, SAID),
        ("200 OK", {"Content-Encoding": MARK}, error),
        ("200 OK", {"Content-Encoding": "gzip"}, error),
        (f"200 {SAID}", {"X-Patient": SAID, "Set-Cookie": f"patient={MARK}"}, error[:-9]),
        ("302 Found", {"Location": f"/{MARK}?{MARK}"}, error),
        ("400 Bad Request", {}, error),
        ("401 Unauthorized", {"WWW-Authenticate": f'Bearer realm="{SAID}"'}, error),
        ("404 Not Found", {}, error),
        ("429 Too Many Requests", {"Retry-After": SAID}, error),
        (f"500 {SAID}", {"Retry-After": MARK}, error),
        (f"{MARK} {SAID}", {}, error),
    ]


class _Handler(BaseHTTPRequestHandler):
    calls = count()

    def do_GET(self) -> None:
        all_responses = responses(unquote(self.path.rpartition("/")[2]))
        status, headers, body = all_responses[next(self.calls) % len(all_responses)]
        given = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"} | headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        self.wfile.write(f"HTTP/1.1 {status}\r\n{lines}\r\n{body}".encode())
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing."""


@contextmanager
def gossiping_upstream() -> Generator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
