import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

import httpx
import structlog
from attrs import Attribute, field, frozen

from adapters.external.background import WaitingThreads, arun, run
from adapters.external.budget import RetryBudget
from adapters.external.bulk import Path, ask_all
from adapters.external.circuit import Circuit
from adapters.external.credentials import BearerToken, Credentials, CredentialsFactory
from adapters.external.deadline import Deadline
from adapters.external.errors import CredentialsRefused, UpstreamDown
from adapters.external.exchange import exchange, utc_now
from adapters.external.flights import Flights
from adapters.external.http import ClientCertificate, http_clients
from adapters.external.lanes import Lanes
from adapters.external.listener import Unheard, UpstreamListener, timed
from adapters.external.policy import UpstreamPolicy
from adapters.external.retry import retries
from core.errors import InvalidAnswer, NotFound, Unavailable

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@frozen
class Answer:
    """`lead` is how long before this call upstream was asked, where it shares the answer to another call."""

    document: Mapping[str, object]
    lead: timedelta


Fetched = Answer | UpstreamDown | InvalidAnswer | None
"""As `UpstreamClient.get_object` returns or raises it."""


def _base_url(_instance: object, _attribute: "Attribute[str]", value: str) -> None:
    url = httpx.URL(value)
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise ValueError("An upstream's base URL is http or https, a host, and perhaps a port and a path.")


@frozen
class _Process:
    """What a process has for itself. After a fork, the child shares no connection, permit or lock with its parent."""

    flights: Flights[tuple[float, Mapping[str, object]]]
    budget: RetryBudget
    lanes: Lanes
    circuit: Circuit
    credentials: Credentials
    threads: WaitingThreads


@frozen(eq=False)
class UpstreamClient:
    """Reads from one upstream: every call ends in time, with an answer or one of the core's errors in plain words.

    Outermost first: one flight for all who ask the same, one deadline for all its attempts, retries out of a budget,
    the circuit, the attempt's own time, a lane, the exchange. A back-off holds no lane, and a lane refused says nothing
    about upstream.
    """

    base_url: str = field(validator=_base_url)
    policy: UpstreamPolicy = field(factory=UpstreamPolicy)
    name: str = field(default="upstream", kw_only=True)
    credentials: CredentialsFactory = field(factory=BearerToken, repr=False, kw_only=True)
    certificate: ClientCertificate | None = field(default=None, kw_only=True)
    listener: UpstreamListener = field(factory=Unheard, kw_only=True)
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, kw_only=True)
    random: Callable[[], float] = field(default=random.random, kw_only=True)
    monotonic: Callable[[], float] = field(default=time.monotonic, kw_only=True)
    now: Callable[[], datetime] = field(default=utc_now, kw_only=True)
    _processes: dict[int, _Process] = field(init=False, repr=False, factory=dict[int, _Process])

    @property
    def circuit(self) -> Circuit:
        """Of this process."""
        return self._process.circuit

    @property
    def budget(self) -> RetryBudget:
        """Of this process."""
        return self._process.budget

    @property
    def under_way(self) -> int:
        """Attempts of this process."""
        return self._process.lanes.under_way

    def get_object(self, *path: str, request_id: str) -> Answer | None:
        """The object at `path`, whose segments may hold any characters. None when upstream has none there.

        Raises `Unavailable`, `RateLimited`, `InvalidAnswer`, within `policy.timeout`; at once where too many threads
        wait already.
        """
        try:
            with timed(self.listener, self.name, self.monotonic), self._process.threads.one():
                return run(self._get_object(path, request_id))
        except NotFound:
            return None

    async def aget_object(self, *path: str, request_id: str) -> Answer | None:
        """The same for a task of any event loop; it holds no thread."""
        try:
            with timed(self.listener, self.name, self.monotonic):
                return await arun(self._get_object(path, request_id))
        except NotFound:
            return None

    def get_objects(self, paths: Iterable[Path], *, request_id: str) -> Generator[tuple[Path, Fetched]]:
        """Each as `get_object` gives or raises it, at most `policy.bulk_calls` at once, as `ask_all` says."""

        async def ask(path: Path) -> Answer:
            with timed(self.listener, self.name, self.monotonic):
                return await self._get_object(path, request_id)

        return ask_all(ask, iter(paths), self.policy.bulk_calls)

    def obey(self, revision: int, *, isolated: bool) -> None:
        """Carries out an operator's order in this process, once; 0 is the revision before the first."""

        async def obey() -> None:
            self.circuit.obey(revision, isolated=isolated)

        run(obey())

    def close(self) -> None:
        """Closes this process's connections and forgets its circuit. A later call starts afresh."""
        if process := self._processes.pop(os.getpid(), None):
            run(process.lanes.close())

    async def _get_object(self, path: tuple[str, ...], request_id: str) -> Answer:
        if any(segment in {"", ".", ".."} for segment in path):
            raise NotFound  # as a URL it would name something else
        url = "/".join([self.base_url.rstrip("/"), *(quote(segment, safe="") for segment in path)])
        called = self.monotonic()
        asked, document = await self._process.flights.join(url, lambda: self._fetch(url, request_id))
        return Answer(document, timedelta(seconds=max(0.0, called - asked)))

    async def _fetch(self, url: str, request_id: str) -> tuple[float, Mapping[str, object]]:
        process, asked = self._process, self.monotonic()
        process.budget.called()
        deadline = Deadline.after(self.policy.timeout, self.monotonic)
        retry = retries(
            self.policy,
            deadline,
            process.circuit,
            process.budget,
            lambda: self.listener.retried(self.name),
            sleep=self.sleep,
            random=self.random,
        )
        try:
            return asked, await retry(self._attempt, process, url, request_id, deadline)
        except Unavailable as error:
            until_tried = timedelta(seconds=process.circuit.seconds_left)
            error.retry_after = max(error.retry_after or timedelta(), until_tried) or None
            raise

    async def _attempt(self, process: _Process, url: str, request_id: str, deadline: Deadline) -> Mapping[str, object]:
        return await process.circuit.call_async(lambda: self._in_time(process, url, request_id, deadline))

    async def _in_time(self, process: _Process, url: str, request_id: str, deadline: Deadline) -> Mapping[str, object]:
        try:
            async with asyncio.timeout(min(self.policy.attempt_timeout, deadline.left)), process.lanes.one() as http:
                return await self._exchange(process.credentials, http, url, request_id)
        except TimeoutError:
            raise UpstreamDown("The upstream system did not answer in time.") from None

    async def _exchange(
        self, credentials: Credentials, http: httpx.AsyncClient, url: str, request_id: str
    ) -> Mapping[str, object]:
        """Once more with other credentials, where these have expired and others can be had."""
        named = {"X-Request-ID": quote(request_id, safe="+/=:@,;", errors="replace")}
        renewed = False
        while True:
            proof: Mapping[str, str] = {}
            try:
                proof = await credentials.headers()
                request = http.build_request("GET", url, headers={**proof, **named})
                return await exchange(http, request, self.policy, self.now)
            except CredentialsRefused as refused:
                if renewed or not refused.expired or not credentials.renewable(proof):
                    log.warning("upstream_credentials_refused", upstream=self.name)
                    raise
                renewed = True

    @property
    def _process(self) -> _Process:
        return self._processes.get(os.getpid()) or self._processes.setdefault(os.getpid(), self._new_process())

    def _new_process(self) -> _Process:
        policy, new_http = self.policy, http_clients(self.certificate)
        return _Process(
            Flights(),
            RetryBudget(policy, self.monotonic),
            Lanes(policy.max_calls, new_http),
            Circuit(self.name, policy, failure=UpstreamDown, monotonic=self.monotonic, listener=self.listener),
            self.credentials(new_http),
            WaitingThreads(policy.max_threads),
        )
