"""Reading orders and keeping reports, where the store is slow or does not answer and many threads call at once."""

import os
import signal
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from threading import Event

import pytest
from attrs import define, field

from adapters.external.client import UpstreamClient
from adapters.external.errors import OverridesUnavailable
from adapters.external.managed import ManagedUpstream
from adapters.external.resilience.policy import UpstreamPolicy
from core.errors import Unavailable
from core.upstreams.entities import CircuitState, UpstreamOverride, UpstreamReport
from core.upstreams.ports import UpstreamOverrides, UpstreamReports
from tests.fakes import StillClock

NOWHERE = "http://127.0.0.1:9"
TIMEOUT = 30


@define
class Store(UpstreamOverrides, UpstreamReports):
    """Reads and writes wait at its gate, and fail while the store is down."""

    down: bool = False
    may_read: Event = field(factory=Event)
    may_keep: Event = field(factory=Event)
    reading: Event = field(factory=Event)
    keeping: Event = field(factory=Event)
    order: UpstreamOverride | None = None
    read: int = 0
    kept: list[UpstreamReport] = field(factory=list[UpstreamReport])
    refused: int = 0

    def latest(self, upstream: str) -> UpstreamOverride | None:
        self.read += 1
        self.reading.set()
        assert self.may_read.wait(TIMEOUT)
        if self.down:
            raise Unavailable
        return self.order

    def add(self, override: UpstreamOverride) -> None:
        self.order = override

    def list_for(self, upstream: str, *, since: datetime) -> tuple[UpstreamReport, ...]:
        return tuple(self.kept)

    def save(self, report: UpstreamReport, *, outdated: datetime) -> None:
        self.keeping.set()
        assert self.may_keep.wait(TIMEOUT)
        if self.down:
            self.refused += 1
            raise Unavailable
        self.kept.append(report)


@define
class Ticking:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store() -> Store:
    store = Store()
    store.may_read.set()
    store.may_keep.set()
    return store


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


@pytest.fixture
def upstream(store: Store, ticking: Ticking) -> Generator[ManagedUpstream]:
    client = UpstreamClient(NOWHERE, UpstreamPolicy(attempts=1, min_calls=2, max_threads=20))
    yield ManagedUpstream(client, store, store, StillClock(), monotonic=ticking)
    client.close()


def call(upstream: ManagedUpstream) -> None:
    with suppress(Unavailable):
        upstream.get_object("patients", "1", request_id="r")


def test_one_thread_reads_overrides_while_the_others_continue(
    upstream: ManagedUpstream, store: Store, ticking: Ticking
) -> None:
    call(upstream)
    ticking.now += 0.5
    store.may_read.clear()
    store.reading.clear()
    with ThreadPoolExecutor(1) as threads:
        reader = threads.submit(call, upstream)
        assert store.reading.wait(TIMEOUT)
        for _ in range(8):
            call(upstream)
        store.may_read.set()
        reader.result()
    assert store.read == 2


def test_overrides_a_second_old_are_read_again_before_a_call(
    upstream: ManagedUpstream, store: Store, ticking: Ticking
) -> None:
    call(upstream)
    store.add(UpstreamOverride("upstream", 1, True, StillClock().now(), "user:1", "r"))
    ticking.now += 1.0
    store.may_read.clear()
    store.reading.clear()
    with ThreadPoolExecutor(8) as threads:
        callers = [threads.submit(upstream.get_object, "patients", "1", request_id="r") for _ in range(8)]
        assert store.reading.wait(TIMEOUT)
        store.may_read.set()
        refusals = {str(caller.exception()) for caller in callers}
    assert refusals == {"An administrator has isolated the upstream system."}
    assert store.read == 2


def test_without_readable_overrides_no_call_is_made_and_the_reason_is_given(
    upstream: ManagedUpstream, store: Store
) -> None:
    store.down = True
    with pytest.raises(OverridesUnavailable, match="cannot check whether calls"):
        upstream.get_object("patients", "1", request_id="r")
    assert upstream.client.circuit_breaker.window.snapshot().calls == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork.")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_reads_overrides_itself(upstream: ManagedUpstream, store: Store, ticking: Ticking) -> None:
    call(upstream)
    ticking.now += 1.0
    store.may_read.clear()
    store.reading.clear()
    with ThreadPoolExecutor(1) as threads:
        reader = threads.submit(call, upstream)
        assert store.reading.wait(TIMEOUT)
        child = os.fork()
        if child == 0:
            signal.alarm(TIMEOUT)  # ends it if it waits for its parent's thread
            store.may_read = Event()
            store.may_read.set()
            call(upstream)
            os._exit(store.read)
        _, status = os.waitpid(child, 0)
        store.may_read.set()
        reader.result()
    assert os.waitstatus_to_exitcode(status) == 3


def test_a_call_does_not_wait_for_the_report_of_another(upstream: ManagedUpstream, store: Store) -> None:
    call(upstream)
    store.may_keep.clear()
    store.keeping.clear()
    with ThreadPoolExecutor(1) as threads:
        keeper = threads.submit(call, upstream)  # opens the circuit, which is to be reported
        assert store.keeping.wait(TIMEOUT)
        call(upstream)
        assert not keeper.done()
        store.may_keep.set()
        keeper.result()


def test_a_change_while_a_report_is_being_saved_is_reported_afterwards(upstream: ManagedUpstream, store: Store) -> None:
    store.may_keep.clear()
    with ThreadPoolExecutor(1) as threads:
        keeper = threads.submit(call, upstream)
        assert store.keeping.wait(TIMEOUT)
        call(upstream)
        store.may_keep.set()
        keeper.result()
    assert [report.state for report in store.kept] == [CircuitState.CLOSED, CircuitState.OPEN]


def test_a_report_is_saved_every_half_second_and_when_the_state_changes(
    upstream: ManagedUpstream, store: Store, ticking: Ticking
) -> None:
    for expected, step in ((1, 0.2), (2, 0.2), (2, 0.2), (2, 0.2), (3, 0.0)):
        call(upstream)
        assert len(store.kept) == expected
        ticking.now += step


def test_a_report_that_failed_to_save_is_retried_after_some_seconds(
    upstream: ManagedUpstream, store: Store, ticking: Ticking
) -> None:
    upstream.apply_override("upstream")
    ticking.now += 0.4
    store.down = True
    for _ in range(5):
        call(upstream)
    assert store.refused == 1
    store.down = False
    ticking.now += 4.9
    call(upstream)
    assert len(store.kept) == 1
    ticking.now += 0.1
    call(upstream)
    assert len(store.kept) == 2
