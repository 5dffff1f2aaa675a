"""One request, and how its response maps to the registry's errors."""

from collections.abc import Callable, Container
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from ssl import SSLError
from typing import NoReturn

import httpx

from adapters.external.errors import CredentialsRejected, UpstreamDown, UpstreamNotTrusted
from adapters.external.transport.http import HttpError, HttpResponse, HttpTransport
from adapters.external.transport.payload import read_object
from core import __version__
from core.errors import InvalidUpstreamResponse, NotFound, RateLimited

utc_now = partial(datetime.now, UTC)
HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": f"patient-registry/{__version__}"}
_UNREACHABLE = "The upstream system cannot be reached, or closed the connection early."


async def exchange(
    http: HttpTransport,
    request: httpx.Request,
    max_body: int,
    max_retry_after: float,
    now: Callable[[], datetime] = utc_now,
    *,
    readable: Container[int] = frozenset({200}),
) -> dict[str, object]:
    """The JSON object of a response with a `readable` status. Follows no redirects.

    `max_body` is in bytes, `max_retry_after` in seconds.

    | response | raises |
    | --- | --- |
    | 404, 410 | `NotFound` |
    | 429 | `RateLimited` |
    | 408, 5xx, none, not HTTP | `UpstreamDown` |
    | TLS failure | `UpstreamNotTrusted` |
    | 401, 403 | `CredentialsRejected` |
    | any other status, a body that is not a JSON object | `InvalidUpstreamResponse` |
    """
    try:
        async with http.send(request) as response:
            if response.status not in readable:
                _raise_for_status(response, max_retry_after, now)
            return await read_object(response, max_body)
    except SSLError:
        raise UpstreamNotTrusted from None
    except HttpError:
        raise UpstreamDown(_UNREACHABLE) from None


def _raise_for_status(response: HttpResponse, max_retry_after: float, now: Callable[[], datetime]) -> NoReturn:
    status = response.status
    if status in {404, 410}:
        raise NotFound
    wait = parse_retry_after(response.headers.get("Retry-After"), now(), max_retry_after)
    if status == 429:
        raise RateLimited("The upstream system asks for fewer calls. Try again later.", retry_after=wait)
    if status == 408 or status >= 500:
        raise UpstreamDown("The upstream system reports an internal error. Try again later.", retry_after=wait)
    if status in {401, 403}:
        raise CredentialsRejected(expired=status == 401)
    raise InvalidUpstreamResponse("The upstream system sent a response with an unexpected status.")


def parse_retry_after(header: str | None, now: datetime, cap: float) -> timedelta | None:
    """From seconds or an HTTP date, clamped to 0…`cap` seconds; None if missing or malformed."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=cap if len(text) > 9 else min(int(text), cap))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return timedelta(seconds=min(max(seconds, 0.0), cap))
