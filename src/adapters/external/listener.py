from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Literal, Protocol

State = Literal["closed", "open", "half_open", "isolated"]


class UpstreamListener(Protocol):
    """Is told what happens between the registry and an upstream, from any thread. It must be quick and not raise."""

    def called(self, upstream: str, failure: type[BaseException] | None, seconds: float) -> None:
        """A call ended, all its attempts and waits included; `failure` is None when upstream answered."""

    def retried(self, upstream: str) -> None:
        """An attempt failed, and another is made."""

    def circuit_entered(self, upstream: str, state: State) -> None:
        """A circuit of this process is new, or has changed its state."""


class Unheard(UpstreamListener):
    """When nobody listens."""


@contextmanager
def timed(listener: UpstreamListener, upstream: str, monotonic: Callable[[], float]) -> Generator[None]:
    """Tells how the call inside ended and what time it took."""
    started = monotonic()
    failure: type[BaseException] | None = None
    try:
        yield
    except BaseException as error:
        failure = type(error)
        raise
    finally:
        listener.called(upstream, failure, monotonic() - started)
