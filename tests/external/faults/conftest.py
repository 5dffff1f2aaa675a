import asyncio
import ssl
from collections.abc import Callable, Generator
from time import monotonic
from typing import Protocol

import pytest
import trustme
from attrs import evolve, frozen

from adapters.external.auth.credentials import BearerToken
from adapters.external.client import UpstreamClient, UpstreamResponse
from adapters.external.patients import HttpPatientGateway
from adapters.external.resilience.policy import UpstreamPolicy
from bootstrap import Container, in_memory_registry
from core.errors import RegistryError, RetryableError
from core.patients.entities import Patient
from core.patients.fields import Rules
from core.sync.errors import NoUpstreamRecord
from core.sync.merge import SyncResult, normalize
from tests.external.faults.server import ADA, MisbehavingServer, misbehaving, responds, server_context_of
from tests.fakes import ADMIN, CLERK, StillClock, details, equip

ONE_ATTEMPT = UpstreamPolicy(attempts=1, min_calls=100, slow_call=60)
THREE_ATTEMPTS = evolve(ONE_ATTEMPT, attempts=3, backoff=0.01)
POLICY = evolve(ONE_ATTEMPT, timeout=0.4, attempt_timeout=0.3)
GRACE = 1.5  # with room for a busy machine; waiting for the whole response would take longer

Interface = Callable[[UpstreamClient], None]


class ClientOf(Protocol):
    def __call__(self, url: str, policy: UpstreamPolicy = ...) -> UpstreamClient: ...


@frozen
class Scene:
    """A registry with one patient that upstream knows."""

    registry: Container
    clock: StillClock
    patient: Patient

    def sync(self, client: UpstreamClient) -> SyncResult:
        self.registry.gateway.override(HttpPatientGateway(client))
        return self.registry.sync_patient()(actor=CLERK, patient_id=self.patient.id)

    def syncs(self, client: UpstreamClient) -> None:
        self.sync(client)

    def fetches(self, client: UpstreamClient) -> None:
        """Handles the response like the use case, but with the async interface."""
        answer = asyncio.run(client.aget_object("patients", "x7", request_id="r"))
        if answer is None:
            raise NoUpstreamRecord
        normalize(answer.document, Rules(self.registry.clock().today(), "US"))

    def is_unchanged(self) -> bool:
        history = self.registry.view_history()(actor=ADMIN, patient_id=self.patient.id)
        now = self.registry.view_patient()(actor=ADMIN, patient_id=self.patient.id)
        return now == self.patient and len(history.events) == 1


@pytest.fixture
def scene() -> Scene:
    registry, clock = in_memory_registry(), StillClock()
    equip(registry, clock, registry.gateway())
    return Scene(registry, clock, registry.register_patient()(actor=CLERK, **details(external_id="x7")))


@pytest.fixture(params=["sync", "async"])
def interface(request: pytest.FixtureRequest, scene: Scene) -> Interface:
    return scene.syncs if request.param == "sync" else scene.fetches


@pytest.fixture
def client_of() -> Generator[ClientOf]:
    clients: list[UpstreamClient] = []

    def make(url: str, policy: UpstreamPolicy = POLICY) -> UpstreamClient:
        clients.append(UpstreamClient(url, policy, credentials=BearerToken("s3cret")))
        assert clients[-1].circuit_breaker.state == "closed"  # also loads the certificates, which takes a while
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@frozen
class Failure:
    error: RegistryError
    seconds: float

    @property
    def retry_after(self) -> float | None:
        """In seconds."""
        wait = self.error.retry_after if isinstance(self.error, RetryableError) else None
        return None if wait is None else wait.total_seconds()


def failing(interface: Interface, client: UpstreamClient) -> Failure:
    started = monotonic()
    with pytest.raises(RegistryError) as raised:
        interface(client)
    return Failure(raised.value, monotonic() - started)


def counted(client: UpstreamClient) -> list[bool]:
    """Whether each attempt in the window of the circuit breaker failed."""
    return [attempt.failed for attempt in client.circuit_breaker.window.snapshot().attempts]


def is_healthy(client: UpstreamClient) -> bool:
    """Whether `max_calls` concurrent calls succeed. A busy machine may need several tries."""

    async def calls() -> list[object]:
        asked = (client.aget_object("patients", str(n), request_id="r") for n in range(POLICY.max_calls))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        return [isinstance(answer, UpstreamResponse) and answer.document for answer in answers]

    return any(asyncio.run(calls()) == [ADA] * POLICY.max_calls for _ in range(5)) and client.in_flight == 0


@pytest.fixture
def plain_server() -> Generator[MisbehavingServer]:
    with misbehaving() as server:
        yield server


@pytest.fixture
def server(plain_server: MisbehavingServer) -> MisbehavingServer:
    return plain_server


@pytest.fixture(scope="session")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    return server_context_of(authority.issue_cert("127.0.0.1"))


@pytest.fixture
def tls_server(server_context: ssl.SSLContext) -> Generator[MisbehavingServer]:
    with misbehaving(responds, server_context) as server:
        yield server
