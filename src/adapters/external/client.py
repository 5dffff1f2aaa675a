import os
import random
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from threading import BoundedSemaphore
from urllib.parse import quote

import httpx
import structlog
from attrs import Attribute, field, frozen

from adapters.external.circuit import Circuit
from adapters.external.errors import CredentialsRefused, TooManyCalls, UpstreamDown
from adapters.external.exchange import exchange
from adapters.external.listener import Unheard, UpstreamListener, timed
from adapters.external.network import Deadline, DeadlineTransport
from adapters.external.policy import UpstreamPolicy
from adapters.external.retry import retries
from core.errors import NotFound, Unavailable

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def _base_url(_instance: object, _attribute: "Attribute[str]", value: str) -> None:
    url = httpx.URL(value)
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise ValueError("An upstream's base URL is http or https, a host, and perhaps a port and a path.")


def _printable(_instance: object, _attribute: "Attribute[str]", value: str) -> None:
    if not (value.isascii() and value.isprintable()):
        raise ValueError("An upstream's token is made of printable ASCII characters.")


@frozen
class _Process:
    """What a process has for itself. After a fork, the child shares no connection, permit or lock with its parent."""

    http: httpx.Client
    circuit: Circuit
    permits: BoundedSemaphore


@frozen(eq=False)
class UpstreamClient:
    """Reads from one upstream: every call ends in time, with an answer or one of the core's errors in plain words.

    Outermost first: one deadline for all, retries, a permit, the circuit, the attempt's own deadline, the exchange.
    A back-off holds no permit, and a permit refused says nothing about upstream.
    """

    base_url: str = field(validator=_base_url)
    token: str = field(default="", repr=False, validator=_printable)
    policy: UpstreamPolicy = field(factory=UpstreamPolicy)
    name: str = field(default="upstream", kw_only=True)
    listener: UpstreamListener = field(factory=Unheard, kw_only=True)
    sleep: Callable[[float], None] = field(default=time.sleep, kw_only=True)
    random: Callable[[], float] = field(default=random.random, kw_only=True)
    monotonic: Callable[[], float] = field(default=time.monotonic, kw_only=True)
    _processes: dict[int, _Process] = field(init=False, repr=False, factory=dict[int, _Process])

    @property
    def circuit(self) -> Circuit:
        """Of this process."""
        return self._process.circuit

    def get_object(self, *path: str, request_id: str) -> Mapping[str, object] | None:
        """The object at `path`, whose segments may hold any characters. None when upstream has none there.

        Raises `Unavailable`, `RateLimited`, `InvalidAnswer`, within `policy.timeout` once the host's name is resolved.
        """
        if any(segment in {"", ".", ".."} for segment in path):
            return None  # as a URL it would name something else
        url = "/".join([self.base_url.rstrip("/"), *(quote(segment, safe="") for segment in path)])
        deadline = Deadline.after(self.policy.timeout, self.monotonic)
        retry = retries(self.policy, deadline, self.circuit, self._retried, sleep=self.sleep, random=self.random)
        try:
            with timed(self.listener, self.name, self.monotonic):
                return retry(self._attempt, url, request_id, deadline)
        except NotFound:
            return None
        except Unavailable as error:
            until_tried = timedelta(seconds=self.circuit.seconds_left)
            error.retry_after = max(error.retry_after or timedelta(), until_tried) or None
            raise

    def close(self) -> None:
        """Closes this process's connections and forgets its circuit. A later call starts afresh."""
        if process := self._processes.pop(os.getpid(), None):
            process.http.close()

    def _retried(self) -> None:
        self.listener.retried(self.name)

    def _attempt(self, url: str, request_id: str, deadline: Deadline) -> Mapping[str, object]:
        process = self._process
        with _permit(process.permits):
            return process.circuit.call(lambda: self._exchange(process.http, url, request_id, deadline))

    def _exchange(self, http: httpx.Client, url: str, request_id: str, deadline: Deadline) -> Mapping[str, object]:
        headers = {"X-Request-ID": quote(request_id, safe="+/=:@,;", errors="replace")}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            with deadline.within(self.policy.attempt_timeout).held():
                return exchange(http, url, headers, self.policy)
        except CredentialsRefused:
            log.warning("upstream_credentials_refused", upstream=self.name)
            raise

    @property
    def _process(self) -> _Process:
        return self._processes.get(os.getpid()) or self._processes.setdefault(os.getpid(), self._new_process())

    def _new_process(self) -> _Process:
        policy = self.policy
        http = httpx.Client(
            transport=DeadlineTransport(policy.max_calls),
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "patient-registry"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=httpx.Timeout(policy.attempt_timeout, pool=0.0),
            follow_redirects=False,
            trust_env=False,
        )
        circuit = Circuit(
            self.name,
            threshold=policy.failure_threshold,
            recovery=policy.recovery,
            failure=UpstreamDown,
            monotonic=self.monotonic,
            listener=self.listener,
        )
        return _Process(http, circuit, BoundedSemaphore(policy.max_calls))


@contextmanager
def _permit(permits: BoundedSemaphore) -> Generator[None]:
    if not permits.acquire(blocking=False):
        raise TooManyCalls
    try:
        yield
    finally:
        permits.release()
