"""Why a call to an upstream failed, in as much detail as retries, circuit breaker and callers need."""

from datetime import timedelta

from core.errors import Unavailable


class UpstreamDown(Unavailable):
    """No response, or a server error. Counts as a failure for the circuit breaker; may be retried."""


class UpstreamNotTrusted(UpstreamDown):
    """TLS failed. Counts as a failure; never retried, because it would fail the same way."""

    message = "A secure connection to the upstream system cannot be established."


class CircuitOpen(Unavailable):
    message = "The upstream system has failed too often recently. Calls to it are paused. Try again later."


class CircuitIsolated(Unavailable):
    message = "An administrator has isolated the upstream system."


class OverridesUnavailable(Unavailable):
    message = "The registry cannot check whether calls to the upstream system are allowed. Try again later."


class TooManyCalls(Unavailable):
    message = "Too many calls to the upstream system are in progress. Try again later."

    def __init__(self) -> None:
        super().__init__(retry_after=timedelta(seconds=1))


class CredentialsRejected(Unavailable):
    message = "The upstream system rejects the registry's credentials. An administrator must correct them."

    def __init__(self, message: str | None = None, *, expired: bool) -> None:
        """`expired`: a fresh token may help (401), unlike missing permissions (403)."""
        super().__init__(message)
        self.expired = expired
