from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Literal, Protocol

State = Literal["closed", "open", "half_open", "isolated"]


class UpstreamListener(Protocol):
    """Observes calls, for metrics. Called from any thread; must return quickly and not raise."""

    def on_call(self, upstream: str, failure: type[BaseException] | None, seconds: float) -> None:
        """A call ended after all its attempts and waits. `failure` is None for a valid response."""

    def on_retry(self, upstream: str) -> None:
        """An attempt failed and another one will be made."""

    def on_circuit_state(self, upstream: str, state: State) -> None:
        """A circuit breaker of this process was created or changed its state."""


class NullListener(UpstreamListener):
    """Ignores every event."""


@contextmanager
def timed(listener: UpstreamListener, upstream: str, monotonic: Callable[[], float]) -> Generator[None]:
    """Reports the call made inside to `listener.on_call`."""
    started = monotonic()
    failure: type[BaseException] | None = None
    try:
        yield
    except BaseException as error:
        failure = type(error)
        raise
    finally:
        listener.on_call(upstream, failure, monotonic() - started)
