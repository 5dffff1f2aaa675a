"""One request, and what its answer means."""

import ssl
from collections.abc import Callable, Container
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import NoReturn

import httpx

from adapters.external.errors import CredentialsRefused, UpstreamDown, UpstreamNotTrusted
from adapters.external.network import OneConnection
from adapters.external.payload import pass_over, read_object
from adapters.external.policy import UpstreamPolicy
from core import __version__
from core.errors import InvalidAnswer, NotFound, RateLimited

utc_now = partial(datetime.now, UTC)
HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": f"patient-registry/{__version__}"}
_UNREACHABLE = "The upstream system cannot be reached, or broke off."


async def exchange(
    http: OneConnection,
    request: httpx.Request,
    policy: UpstreamPolicy,
    now: Callable[[], datetime] = utc_now,
    *,
    readable: Container[int] = frozenset({200}),
) -> dict[str, object]:
    """The JSON object of an answer whose status is `readable`.

    | upstream | raises |
    | --- | --- |
    | 404, 410 | `NotFound` |
    | 429 | `RateLimited` |
    | 408, 5xx, no answer, not HTTP | `UpstreamDown` |
    | no TLS | `UpstreamNotTrusted` |
    | 401, 403 | `CredentialsRefused` |
    | any other status (no redirect is followed); a body that is no JSON object | `InvalidAnswer` |
    """
    try:
        response = await http.send(request)
        try:
            if response.status_code not in readable:
                await pass_over(response)
                _refuse(response, policy, now)
            return await read_object(response, policy.max_body)
        finally:
            await response.aclose()
    except (httpx.TransportError, OSError) as error:  # httpcore lets some errors of TLS pass
        raise (UpstreamNotTrusted() if _is_tls_failure(error) else UpstreamDown(_UNREACHABLE)) from None


def _refuse(response: httpx.Response, policy: UpstreamPolicy, now: Callable[[], datetime]) -> NoReturn:
    status = response.status_code
    if status in {404, 410}:
        raise NotFound
    wait = retry_after(response.headers.get("Retry-After"), now(), policy.retry_after_cap)
    if status == 429:
        raise RateLimited("The upstream system asks for fewer calls. Try again later.", retry_after=wait)
    if status == 408 or status >= 500:
        raise UpstreamDown("The upstream system reports a failure of its own. Try again later.", retry_after=wait)
    if status in {401, 403}:
        raise CredentialsRefused(expired=status == 401)
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
