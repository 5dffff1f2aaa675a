"""A demo upstream: a real HTTP server on loopback that can be told to misbehave while it runs."""

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

from adapters.cli.switches import RateLimiter, Switches, SwitchRefused

HOST = "127.0.0.1"
NO_ANSWER = "no answer"
_MAX_BODY_BYTES = 10_000
_LARGEST_READ = 1_000_000  # refused, but read, so that the refusal gets through


@frozen
class Answer:
    status: int
    body: Mapping[str, object]
    retry_after: int | None = None


class UpstreamSimulator(ThreadingHTTPServer):
    """Answers `GET /patients/{external_id}`. `GET /control` shows the switches and how many calls were answered with
    what; `PUT /control` changes the switches, and works whatever they say. Port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, port: int, records: Mapping[str, Mapping[str, object]], switches: Switches | None = None
    ) -> None:
        super().__init__((HOST, port), _Handler)
        self._records = records
        self._switches = switches or Switches()
        self._answered = Counter[str]()
        self._limiter = RateLimiter()
        self._random = Random()  # nosec B311
        self._lock = Lock()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"

    def patient(self, external_id: str) -> Answer | None:
        """None for no answer at all."""
        switches = self._switches
        with self._lock:
            answer = self._decide(switches, external_id)
            self._answered[str(answer.status) if answer else NO_ANSWER] += 1
        if answer and answer.status != 429:
            sleep(switches.latency)
        return answer

    def _decide(self, switches: Switches, external_id: str) -> Answer | None:
        if switches.outage:
            return None
        if wait := self._limiter.seconds_to_wait(switches.rate_limit):
            return Answer(429, {"error": "Too many calls."}, retry_after=wait)
        if self._random.random() < switches.error_rate:
            return Answer(500, {"error": "Something went wrong here."})
        record = self._records.get(external_id)
        return Answer(200, record) if record else Answer(404, {"error": "There is no patient with this id."})

    def control(self) -> Answer:
        with self._lock:
            return Answer(200, {"switches": asdict(self._switches), "answered": dict(self._answered)})

    def change(self, body: bytes) -> Answer:
        try:
            wanted = json.loads(body)
        except (ValueError, RecursionError):
            return Answer(400, {"error": 'Give JSON, such as {"outage": true}.'})
        try:
            with self._lock:
                self._switches = self._switches.changed(wanted)
        except SwitchRefused as refused:
            return Answer(400, {"error": str(refused)})
        return self.control()

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing of callers that went away."""
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
            self._send(Answer(404, {"error": "There are /patients/{external_id} and /control here."}))

    def do_PUT(self) -> None:
        length = self.headers.get("Content-Length", "")
        readable = length.isdecimal() and int(length) <= _LARGEST_READ
        body = self.rfile.read(int(length)) if readable else b""
        if self.path == "/control" and readable and len(body) <= _MAX_BODY_BYTES:
            self._send(self._simulator.change(body))
        else:
            self.close_connection = not readable
            self._send(Answer(400, {"error": f"PUT /control takes a JSON body of at most {_MAX_BODY_BYTES} bytes."}))

    def _send(self, answer: Answer | None) -> None:
        if answer is None:
            self.close_connection = True
            return
        body = json.dumps(answer.body, ensure_ascii=False).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if answer.retry_after:
            self.send_header("Retry-After", str(answer.retry_after))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: a request's path holds a patient's id."""
