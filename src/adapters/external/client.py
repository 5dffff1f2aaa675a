import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

from attrs import Attribute, field, frozen

from adapters.external.attempt import Attempts
from adapters.external.background import WaitingThreads, arun, run
from adapters.external.budget import RetryBudget
from adapters.external.bulk import Path, ask_all
from adapters.external.circuit import Circuit
from adapters.external.credentials import BearerToken, CredentialsFactory
from adapters.external.deadline import Deadline
from adapters.external.errors import CircuitOpen, UpstreamDown
from adapters.external.exchange import utc_now
from adapters.external.flights import Flights
from adapters.external.http import ClientCertificate, http_clients, upstream_url
from adapters.external.lanes import Lanes
from adapters.external.listener import Unheard, UpstreamListener, timed
from adapters.external.policy import UpstreamPolicy
from adapters.external.retry import retries
from core.errors import NotFound, Unavailable
from core.patients.ports import Fetched
from core.patients.upstream import UpstreamAnswer


def _without_query(_instance: object, attribute: "Attribute[str]", value: str) -> None:
    if "?" in value:
        raise ValueError("An upstream's base URL is without a query, which would come before the paths.")


@frozen
class _Process:
    """What a process has for itself. After a fork, the child shares no connection, permit or lock with its parent."""

    flights: Flights[tuple[float, Mapping[str, object]]]
    budget: RetryBudget
    lanes: Lanes
    circuit: Circuit
    attempts: Attempts
    threads: WaitingThreads


@frozen(eq=False)
class UpstreamClient:
    """Reads from one upstream: every call ends in time, with an answer or one of the core's errors in plain words.

    Outermost first: one flight for all who ask the same, one deadline for all its attempts, retries out of a budget,
    the circuit, the attempt's own time, a lane, the exchange. A back-off holds no lane, and a lane refused says nothing
    about upstream.
    """

    base_url: str = field(validator=[upstream_url, _without_query])
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

    def get_object(self, *path: str, request_id: str) -> UpstreamAnswer | None:
        """The object at `path`, whose segments may hold any characters. None when upstream has none there.

        Raises `Unavailable`, `RateLimited`, `InvalidAnswer`, within `policy.timeout`; at once where too many threads
        wait already.
        """
        try:
            with timed(self.listener, self.name, self.monotonic), self._process.threads.one():
                return run(self._get_object(path, request_id))
        except NotFound:
            return None

    async def aget_object(self, *path: str, request_id: str) -> UpstreamAnswer | None:
        """The same for a task of any event loop; it holds no thread."""
        try:
            with timed(self.listener, self.name, self.monotonic):
                return await arun(self._get_object(path, request_id))
        except NotFound:
            return None

    def get_objects(self, paths: Iterable[Path], *, request_id: str) -> Generator[tuple[Path, Fetched]]:
        """Each as `get_object` gives or raises it, at most `policy.bulk_calls` at once, as `ask_all` says. Where the
        circuit is open in the end, upstream is down: those for whom it failed are to be asked for again.
        """

        async def ask(path: Path) -> UpstreamAnswer:
            with timed(self.listener, self.name, self.monotonic):
                return await self._get_object(path, request_id)

        yield from ask_all(ask, iter(paths), min(self.policy.bulk_calls, self.policy.max_calls))
        if self.circuit.opened:
            raise CircuitOpen(retry_after=timedelta(seconds=self.circuit.seconds_left))

    def obey(self, revision: int, *, isolated: bool) -> None:
        """Carries out an operator's order in this process, once; 0 is the revision before the first."""

        async def obey() -> None:
            self.circuit.obey(revision, isolated=isolated)

        run(obey())

    def close(self) -> None:
        """Closes this process's connections and forgets its circuit. A later call starts afresh."""
        if process := self._processes.pop(os.getpid(), None):
            run(process.lanes.close())

    async def _get_object(self, path: tuple[str, ...], request_id: str) -> UpstreamAnswer:
        if any(segment in {"", ".", ".."} for segment in path):
            raise NotFound  # as a URL it would name something else
        url = "/".join([self.base_url.rstrip("/"), *(quote(segment, safe="") for segment in path)])
        called = self.monotonic()
        asked, document = await self._process.flights.join(url, lambda: self._fetch(url, request_id))
        return UpstreamAnswer(document, timedelta(seconds=max(0.0, called - asked)))

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
            return asked, await retry(
                process.circuit.call_async, lambda: process.attempts.make(url, request_id, deadline)
            )
        except Unavailable as error:
            until_tried = timedelta(seconds=process.circuit.seconds_left)
            error.retry_after = max(error.retry_after or timedelta(), until_tried) or None
            raise

    @property
    def _process(self) -> _Process:
        return self._processes.get(os.getpid()) or self._processes.setdefault(os.getpid(), self._new_process())

    def _new_process(self) -> _Process:
        policy, new_http = self.policy, http_clients(self.certificate)
        budget, lanes = RetryBudget(policy, self.monotonic), Lanes(policy.max_calls, new_http)
        return _Process(
            Flights(),
            budget,
            lanes,
            Circuit(self.name, policy, failure=UpstreamDown, monotonic=self.monotonic, listener=self.listener),
            Attempts(self.name, policy, lanes, self.credentials(new_http), budget, self.now),
            WaitingThreads(policy.max_threads),
        )
