import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

from attrs import Attribute, field, frozen

from adapters.external.attempt import AttemptRunner
from adapters.external.auth.credentials import BearerToken, CredentialsFactory
from adapters.external.bulk import Path, fetch_all
from adapters.external.errors import CircuitOpen, UpstreamDown
from adapters.external.resilience.bulkhead import Bulkhead
from adapters.external.resilience.circuit_breaker import UpstreamCircuitBreaker
from adapters.external.resilience.deadline import Deadline
from adapters.external.resilience.listener import NullListener, UpstreamListener, timed
from adapters.external.resilience.policy import UpstreamPolicy
from adapters.external.resilience.retry import retrying
from adapters.external.resilience.retry_budget import RetryBudget
from adapters.external.resilience.single_flight import SingleFlight
from adapters.external.transport.background_loop import arun, run
from adapters.external.transport.exchange import utc_now
from adapters.external.transport.http import HttpTransport
from adapters.external.transport.tls import ClientCertificate, client_context
from adapters.external.transport.url import http_url
from core.errors import InvalidUpstreamResponse, NotFound, Unavailable

JsonObject = Mapping[str, object]


@frozen(repr=False)
class UpstreamResponse:
    """`document` is untrusted. `requested_before`: how long before this call the request was sent, when the call joined
    one that was already in flight."""

    document: JsonObject
    requested_before: timedelta = timedelta()


BulkResult = UpstreamResponse | UpstreamDown | InvalidUpstreamResponse | None
"""As `get_object` returns or raises it."""


def _no_query(_instance: object, attribute: "Attribute[str]", value: str) -> None:
    if "?" in value:
        raise ValueError("An upstream's base URL must not have a query.")


@frozen
class _ProcessState:
    """After a fork, the child shares no permit or lock with its parent."""

    single_flight: SingleFlight[tuple[float, JsonObject]]
    retry_budget: RetryBudget
    bulkhead: Bulkhead
    circuit_breaker: UpstreamCircuitBreaker
    attempts: AttemptRunner
    threads: Bulkhead


@frozen(eq=False)
class UpstreamClient:
    """Reads JSON objects from one upstream. Every call ends within `policy.timeout`.

    From the outside in: single flight, deadline, retries with a budget, circuit breaker, attempt timeout, bulkhead,
    credentials, HTTP exchange. Waiting for a retry holds no bulkhead permit; a full bulkhead is not a failure.
    """

    base_url: str = field(validator=[http_url, _no_query])
    policy: UpstreamPolicy = field(factory=UpstreamPolicy)
    name: str = field(default="upstream", kw_only=True)
    credentials: CredentialsFactory = field(factory=BearerToken, repr=False, kw_only=True)
    certificate: ClientCertificate | None = field(default=None, kw_only=True)
    listener: UpstreamListener = field(factory=NullListener, kw_only=True)
    trace_headers: Callable[[], Mapping[str, str]] = field(default=dict, kw_only=True)
    """Of each request, called in the context of the call that it is for."""
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, kw_only=True)
    random: Callable[[], float] = field(default=random.random, kw_only=True)
    monotonic: Callable[[], float] = field(default=time.monotonic, kw_only=True)
    now: Callable[[], datetime] = field(default=utc_now, kw_only=True)
    _processes: dict[int, _ProcessState] = field(init=False, repr=False, factory=dict[int, _ProcessState])

    @property
    def circuit_breaker(self) -> UpstreamCircuitBreaker:
        """Of this process."""
        return self._process.circuit_breaker

    @property
    def retry_budget(self) -> RetryBudget:
        """Of this process."""
        return self._process.retry_budget

    @property
    def in_flight(self) -> int:
        """Attempts of this process."""
        return self._process.bulkhead.in_use

    def get_object(self, *path: str, request_id: str) -> UpstreamResponse | None:
        """The object at `path`, whose segments may contain any characters; None if the upstream has none there.

        Raises `Unavailable`, `RateLimited`, `InvalidUpstreamResponse`.
        """
        try:
            with timed(self.listener, self.name, self.monotonic), self._process.threads.acquire():
                return run(self._get_object(path, request_id))
        except NotFound:
            return None

    async def aget_object(self, *path: str, request_id: str) -> UpstreamResponse | None:
        """As `get_object`, for a task of any event loop; blocks no thread."""
        try:
            with timed(self.listener, self.name, self.monotonic):
                return await arun(self._get_object(path, request_id))
        except NotFound:
            return None

    def get_objects(self, paths: Iterable[Path], *, request_id: str) -> Generator[tuple[Path, BulkResult]]:
        """`get_object` for each path, at most `policy.bulk_calls` at once, as `bulk.fetch_all` describes.

        Raises `CircuitOpen` at the end if the circuit is open: the paths that failed should be fetched again later.
        """

        async def fetch(path: Path) -> UpstreamResponse:
            with timed(self.listener, self.name, self.monotonic):
                return await self._get_object(path, request_id)

        yield from fetch_all(fetch, iter(paths), min(self.policy.bulk_calls, self.policy.max_calls))
        if self.circuit_breaker.opened:
            raise CircuitOpen(retry_after=timedelta(seconds=self.circuit_breaker.remaining))

    def apply_override(self, revision: int, *, isolated: bool) -> None:
        """Applies an operator's override in this process, once per revision; 0 means there is none yet."""

        async def apply() -> None:
            self.circuit_breaker.apply_override(revision, isolated=isolated)

        run(apply())

    def close(self) -> None:
        """Discards this process's state, such as its circuit breaker. A later call starts with a new one."""
        self._processes.pop(os.getpid(), None)

    async def _get_object(self, path: tuple[str, ...], request_id: str) -> UpstreamResponse:
        if any(segment in {"", ".", ".."} for segment in path):
            raise NotFound  # such a segment would change the URL's path
        url = "/".join([self.base_url.rstrip("/"), *(quote(segment, safe="") for segment in path)])
        called_at = self.monotonic()
        requested_at, document = await self._process.single_flight.run(url, lambda: self._fetch(url, request_id))
        return UpstreamResponse(document, timedelta(seconds=max(0.0, called_at - requested_at)))

    async def _fetch(self, url: str, request_id: str) -> tuple[float, JsonObject]:
        process, requested_at = self._process, self.monotonic()
        process.retry_budget.record_call()
        deadline = Deadline.after(self.policy.timeout, self.monotonic)
        retry = retrying(
            self.policy,
            deadline,
            process.circuit_breaker,
            process.retry_budget,
            on_retry=lambda: self.listener.on_retry(self.name),
            sleep=self.sleep,
            random=self.random,
        )
        try:
            return requested_at, await retry(
                process.circuit_breaker.call_async, lambda: process.attempts.run(url, request_id, deadline)
            )
        except Unavailable as error:
            until_probe = timedelta(seconds=process.circuit_breaker.remaining)
            error.retry_after = max(error.retry_after or timedelta(), until_probe) or None
            raise

    @property
    def _process(self) -> _ProcessState:
        return self._processes.get(os.getpid()) or self._processes.setdefault(os.getpid(), self._new_process())

    def _new_process(self) -> _ProcessState:
        policy, http = self.policy, HttpTransport(client_context(self.certificate))
        budget, bulkhead = RetryBudget(policy, self.monotonic), Bulkhead(policy.max_calls)
        return _ProcessState(
            SingleFlight(),
            budget,
            bulkhead,
            UpstreamCircuitBreaker(
                self.name, policy, failure=UpstreamDown, monotonic=self.monotonic, listener=self.listener
            ),
            AttemptRunner(
                self.name, policy, http, bulkhead, self.credentials(http), budget, self.now, self.trace_headers
            ),
            Bulkhead(policy.max_threads),
        )
