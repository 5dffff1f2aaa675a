"""Errors of the token server, as errors of a call to the upstream."""

from collections.abc import Generator
from contextlib import contextmanager

from adapters.external.errors import CredentialsRejected, UpstreamDown, UpstreamNotTrusted
from core.errors import InvalidUpstreamResponse, NotFound, RateLimited, Unavailable

_SERVER = "The token server of the upstream system"
_UNUSABLE = f"{_SERVER} sent an invalid response."
_TIMEOUT = f"{_SERVER} did not answer in time."
_DOWN = f"{_SERVER} cannot be reached, or has failed."
_NOT_TRUSTED = "A secure connection to the token server of the upstream system cannot be established."
_RATE_LIMITED = f"{_SERVER} asks for fewer calls. Try again later."
_REJECTED = f"{_SERVER} rejects the registry's credentials. An administrator must correct them."
_LOGGED_AS = {
    _UNUSABLE: "invalid_response",
    _TIMEOUT: "timeout",
    _DOWN: "unavailable",
    _NOT_TRUSTED: "tls",
    _RATE_LIMITED: "rate_limited",
    _REJECTED: "credentials_rejected",
}


@contextmanager
def translated() -> Generator[None]:
    """An outage of the token server counts as one of the upstream: `UpstreamDown`. Its refusals do not."""
    try:
        yield
    except CredentialsRejected:
        raise CredentialsRejected(_REJECTED, expired=False) from None
    except RateLimited as limited:
        raise Unavailable(_RATE_LIMITED, retry_after=limited.retry_after) from None
    except (NotFound, InvalidUpstreamResponse):
        raise Unavailable(_UNUSABLE) from None
    except TimeoutError:
        raise UpstreamDown(_TIMEOUT) from None
    except UpstreamNotTrusted:
        raise UpstreamNotTrusted(_NOT_TRUSTED) from None
    except UpstreamDown as down:
        raise UpstreamDown(_DOWN, retry_after=down.retry_after) from None


def reason(error: Unavailable) -> str:
    """For the log, which takes no error texts."""
    return _LOGGED_AS.get(str(error), error.kind)
