"""What can go wrong with an upstream, as the layers above need to tell it apart."""

from core.errors import Unavailable


class UpstreamDown(Unavailable):
    """No answer, or one that says upstream has failed. It counts against the circuit, and another attempt may help."""


class UpstreamNotTrusted(UpstreamDown):
    """No secure connection. It counts, but another attempt would end the same way."""

    message = "No secure connection to the upstream system can be made."


class CircuitOpen(Unavailable):
    message = "The upstream system has failed several times in a row and is left alone for now. Try again later."


class TooManyCalls(Unavailable):
    message = "Too many calls to the upstream system are under way. Try again later."


class CredentialsRefused(Unavailable):
    message = "The upstream system refuses the registry's credentials. An administrator has to see to it."
