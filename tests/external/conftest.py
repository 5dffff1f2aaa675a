from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, cast

import pytest
import trustme
from attrs import define, field

from adapters.external.auth.credentials import BearerToken
from adapters.external.client import UpstreamClient
from adapters.external.resilience.listener import NullListener, UpstreamListener
from adapters.external.resilience.policy import UpstreamPolicy
from tests.external.upstream import Upstream, running_upstream

ONE_ATTEMPT = UpstreamPolicy(attempts=1)
NO_LISTENER = NullListener()


@define
class StoppedTime:
    """A clock that only `sleep` and tests advance, and a random number that is always 0.5."""

    now: float = 1000.0
    sleeps: list[float] = field(factory=list[float])

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def random(self) -> float:
        return 0.5


def fetch(client: UpstreamClient) -> object:
    answer = client.get_object("patients", "1", request_id="r")
    return answer and answer.document


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """The log entries of the registry, without the keys that all have in common."""
    lines: list[dict[str, object]] = [cast("dict[str, object]", record.msg) for record in caplog.records]
    return [{key: line[key] for key in line if key not in {"level", "logger", "timestamp"}} for line in lines]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A private certificate authority, like that of a hospital."""
    return trustme.CA()


@pytest.fixture(scope="session")
def authority_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(autouse=True)
def trusted_authority(authority_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only authority that clients trust: one certificate loads faster than a bundle."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file))


class Connect(Protocol):
    def __call__(
        self,
        policy: UpstreamPolicy = ...,
        *,
        base_url: str = ...,
        token: str = ...,
        time: StoppedTime | None = ...,
        listener: UpstreamListener = ...,
    ) -> UpstreamClient: ...


@pytest.fixture
def upstream() -> Generator[Upstream]:
    with running_upstream() as server:
        yield server


@pytest.fixture
def time() -> StoppedTime:
    return StoppedTime()


@pytest.fixture
def connect(upstream: Upstream) -> Generator[Connect]:
    """Creates clients of `upstream` and closes them."""
    with ExitStack() as stack:

        def make(
            policy: UpstreamPolicy = ONE_ATTEMPT,
            *,
            base_url: str = upstream.url,
            token: str = "",
            time: StoppedTime | None = None,
            listener: UpstreamListener = NO_LISTENER,
        ) -> UpstreamClient:
            if time is None:
                client = UpstreamClient(base_url, policy, credentials=BearerToken(token), listener=listener)
            else:
                client = UpstreamClient(
                    base_url,
                    policy,
                    credentials=BearerToken(token),
                    listener=listener,
                    sleep=time.sleep,
                    random=time.random,
                    monotonic=time.monotonic,
                )
            stack.callback(client.close)
            return client

        yield make
