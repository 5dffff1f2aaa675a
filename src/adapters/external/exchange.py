"""One request, and what its answer means."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from adapters.external.errors import CredentialsRefused, TooManyCalls, UpstreamDown, UpstreamNotTrusted
from adapters.external.payload import read_object
from adapters.external.policy import UpstreamPolicy
from core.errors import InvalidAnswer, NotFound, RateLimited

_UNREACHABLE = "The upstream system cannot be reached, or broke off."


def exchange(http: httpx.Client, url: str, headers: Mapping[str, str], policy: UpstreamPolicy) -> dict[str, object]:
    """| upstream | raises |
    | --- | --- |
    | 404 | `NotFound` |
    | 429 | `RateLimited` |
    | 408, 5xx, no answer, not in time, not HTTP | `UpstreamDown` |
    | no TLS | `UpstreamNotTrusted` |
    | 401, 403 | `CredentialsRefused` |
    | any other status than 200 (no redirect is followed); a body that is no JSON object | `InvalidAnswer` |
    """
    try:
        with http.stream("GET", url, headers=headers) as response:
            _require_ok(response, policy)
            return read_object(response, policy.max_body)
    except httpx.PoolTimeout:
        raise TooManyCalls from None
    except httpx.TimeoutException:
        raise UpstreamDown("The upstream system did not answer in time.") from None
    except httpx.ConnectError as error:
        raise (UpstreamNotTrusted() if _is_tls_failure(error) else UpstreamDown(_UNREACHABLE)) from None
    except httpx.TransportError:
        raise UpstreamDown(_UNREACHABLE) from None


def _require_ok(response: httpx.Response, policy: UpstreamPolicy) -> None:
    status = response.status_code
    if status == 200:
        return
    if status == 404:
        raise NotFound
    wait = retry_after(response.headers.get("Retry-After"), datetime.now(UTC), policy.retry_after_cap)
    if status == 429:
        raise RateLimited("The upstream system asks for fewer calls. Try again later.", retry_after=wait)
    if status == 408 or status >= 500:
        raise UpstreamDown("The upstream system reports a failure of its own. Try again later.", retry_after=wait)
    if status in {401, 403}:
        raise CredentialsRefused
    raise InvalidAnswer("The upstream system gave an answer of a kind that the registry does not accept.")


def retry_after(header: str | None, now: datetime, cap: float) -> timedelta | None:
    """From seconds or an HTTP date: 0 to `cap` seconds, or None when there is no header or it says nothing."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=cap if len(text) > 9 else min(int(text), cap))
    try:
        asked = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    seconds = (asked.replace(tzinfo=asked.tzinfo or UTC) - now).total_seconds()
    return timedelta(seconds=min(max(seconds, 0.0), cap))


def _is_tls_failure(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__context__
    return False
