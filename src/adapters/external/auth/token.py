from collections.abc import Mapping

from attrs import field, frozen

from adapters.external.errors import CredentialsRejected
from core.errors import InvalidUpstreamResponse

MAX_RENEWAL_MARGIN = 60.0  # seconds before expiry
MAX_LIFETIME = 365 * 86_400.0
_CLIENT_REJECTED = ("invalid_client", "unauthorized_client")  # with status 400 (RFC 6749, section 5.2)
_INVALID = "The token response is invalid."


@frozen
class Token:
    """`renew_at` and `expires_at` are instants of the monotonic clock."""

    value: str = field(repr=False)
    renew_at: float
    expires_at: float


def parse_token(response: Mapping[str, object], now: float) -> Token:
    """From a response to a request sent at `now`. Raises `CredentialsRejected`, `InvalidUpstreamResponse`."""
    if response.get("error") in _CLIENT_REJECTED:
        raise CredentialsRejected(expired=False)
    lifetime = _lifetime(response)
    margin = min(MAX_RENEWAL_MARGIN, lifetime / 10)
    return Token(_bearer(response), now + lifetime - margin, now + lifetime)


def _bearer(response: Mapping[str, object]) -> str:
    token, kind = response.get("access_token"), response.get("token_type")
    if not isinstance(token, str) or not isinstance(kind, str) or kind.lower() != "bearer":
        raise InvalidUpstreamResponse(_INVALID)
    if not (token and token.isascii() and token.isprintable()):
        raise InvalidUpstreamResponse(_INVALID)
    return token


def _lifetime(response: Mapping[str, object]) -> float:
    """Seconds. A token without a stated lifetime is used until the upstream rejects it."""
    expires_in = response.get("expires_in")
    if expires_in is None or expires_in == "":
        return float("inf")
    if isinstance(expires_in, str) and expires_in.isascii() and expires_in.isdigit():
        expires_in = MAX_LIFETIME if len(expires_in) > 9 else int(expires_in)
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float) or expires_in <= 0:
        raise InvalidUpstreamResponse(_INVALID)
    return min(expires_in, MAX_LIFETIME)
