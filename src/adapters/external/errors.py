"""What can go wrong with an upstream, as the layers above need to tell it apart."""

from datetime import timedelta

from core.errors import Unavailable


class UpstreamDown(Unavailable):
    """No answer, or one that says upstream has failed. It counts against the circuit, and another attempt may help."""


class UpstreamNotTrusted(UpstreamDown):
    """No secure connection. It counts, but another attempt would end the same way."""

    message = "No secure connection to the upstream system can be made."


class CircuitOpen(Unavailable):
    message = "The upstream system has failed too often of late and is left alone for now. Try again later."


class Isolated(Unavailable):
    message = "An administrator has cut the upstream system off for now."


class OrdersUnknown(Unavailable):
    message = "The registry cannot tell whether it may call the upstream system. Try again later."


class TooManyCalls(Unavailable):
    message = "Too many calls to the upstream system are under way. Try again later."

    def __init__(self) -> None:
        super().__init__(retry_after=timedelta(seconds=1))


class CredentialsRefused(Unavailable):
    message = "The upstream system refuses the registry's credentials. An administrator has to see to it."

    def __init__(self, message: str | None = None, *, expired: bool) -> None:
        """`expired` where others may be accepted (401), not where they are known and not enough (403)."""
        super().__init__(message)
        self.expired = expired
