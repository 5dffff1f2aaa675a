"""A demo upstream: an HTTP server on loopback that misbehaves on request."""

import json
import sys
from collections import Counter
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Lock
from time import sleep
from typing import cast
from urllib.parse import unquote

from attrs import asdict, frozen

from adapters.cli.switches import InvalidSwitch, RateLimiter, Switches

HOST = "127.0.0.1"
NO_RESPONSE = "no answer"
_MAX_BODY_BYTES = 10_000
_MAX_READ_BYTES = 1_000_000  # a refused body is read so that the client gets the response


@frozen
class Response:
    status: int
    body: Mapping[str, object]
    retry_after: int | None = None


class UpstreamSimulator(ThreadingHTTPServer):
    """Serves `GET /patients/{external_id}`. `GET /control` shows the switches and the number of responses by status;
    `PUT /control` changes the switches and is not affected by them. Port 0 chooses a free port."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, port: int, records: Mapping[str, Mapping[str, object]], switches: Switches | None = None
    ) -> None:
        super().__init__((HOST, port), _Handler)
        self._records = records
        self._switches = switches or Switches()
        self._responses = Counter[str]()
        self._limiter = RateLimiter()
        self._random = Random()  # nosec B311
        self._lock = Lock()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"

    def patient(self, external_id: str) -> Response | None:
        """None closes the connection without a response."""
        switches = self._switches
        with self._lock:
            response = self._decide(switches, external_id)
            self._responses[str(response.status) if response else NO_RESPONSE] += 1
        if response and response.status != 429:
            sleep(switches.latency)
        return response

    def _decide(self, switches: Switches, external_id: str) -> Response | None:
        if switches.outage:
            return None
        if wait := self._limiter.seconds_to_wait(switches.rate_limit):
            return Response(429, {"error": "Too many calls."}, retry_after=wait)
        if self._random.random() < switches.error_rate:
            return Response(500, {"error": "Internal error."})
        record = self._records.get(external_id)
        return Response(200, record) if record else Response(404, {"error": "There is no patient with this id."})

    def control(self) -> Response:
        with self._lock:
            return Response(200, {"switches": asdict(self._switches), "answered": dict(self._responses)})

    def change(self, body: bytes) -> Response:
        try:
            raw = json.loads(body)
        except (ValueError, RecursionError):
            return Response(400, {"error": 'Must be JSON, such as {"outage": true}.'})
        try:
            with self._lock:
                self._switches = self._switches.changed(raw)
        except InvalidSwitch as error:
            return Response(400, {"error": str(error)})
        return self.control()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignores clients that disconnected."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # pyright: ignore[reportArgumentType]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536

    @property
    def _simulator(self) -> UpstreamSimulator:
        return cast("UpstreamSimulator", self.server)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        collection, _, name = path.rpartition("/")
        if path == "/control":
            self._send(self._simulator.control())
        elif collection == "/patients" and name:
            self._send(self._simulator.patient(unquote(name)))
        else:
            self._send(Response(404, {"error": "Paths: /patients/{external_id} and /control."}))

    def do_PUT(self) -> None:
        length = self.headers.get("Content-Length", "")
        readable = length.isdecimal() and int(length) <= _MAX_READ_BYTES
        body = self.rfile.read(int(length)) if readable else b""
        if self.path == "/control" and readable and len(body) <= _MAX_BODY_BYTES:
            self._send(self._simulator.change(body))
        else:
            self.close_connection = not readable
            self._send(Response(400, {"error": f"PUT /control takes a JSON body of at most {_MAX_BODY_BYTES} bytes."}))

    def _send(self, response: Response | None) -> None:
        if response is None:
            self.close_connection = True
            return
        body = json.dumps(response.body, ensure_ascii=False).encode()
        self.send_response(response.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if response.retry_after:
            self.send_header("Retry-After", str(response.retry_after))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing: the path of a request holds a patient's id."""
