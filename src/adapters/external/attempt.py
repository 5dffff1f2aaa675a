import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import quote

import httpx
import structlog
from attrs import define, field

from adapters.external.auth.credentials import Credentials
from adapters.external.errors import CredentialsRejected, UpstreamDown
from adapters.external.resilience.bulkhead import Bulkhead
from adapters.external.resilience.deadline import Deadline
from adapters.external.resilience.policy import UpstreamPolicy
from adapters.external.resilience.retry_budget import RetryBudget
from adapters.external.transport.exchange import HEADERS, exchange
from adapters.external.transport.http import HttpTransport

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@define(eq=False)
class AttemptRunner:
    """One attempt: its timeout, a bulkhead permit, the registry's credentials. Rejected credentials are logged once,
    until a valid response."""

    upstream: str
    policy: UpstreamPolicy
    http: HttpTransport
    bulkhead: Bulkhead
    credentials: Credentials = field(repr=False)
    retry_budget: RetryBudget
    now: Callable[[], datetime]
    trace_headers: Callable[[], Mapping[str, str]]
    _rejected: bool = False

    async def run(self, url: str, request_id: str, deadline: Deadline) -> Mapping[str, object]:
        headers = {"X-Request-ID": quote(request_id, safe="+/=:@,;", errors="replace"), **self.trace_headers()}
        seconds = min(self.policy.attempt_timeout, deadline.remaining)
        try:
            async with asyncio.timeout(seconds):
                with self.bulkhead.acquire():
                    document = await self._authenticated(url, headers)
        except TimeoutError:
            raise UpstreamDown("The upstream system did not answer in time.") from None
        except CredentialsRejected:
            if not self._rejected:
                log.warning("upstream_credentials_rejected", upstream=self.upstream)
            self._rejected = True
            raise
        self._rejected = False
        return document

    async def _authenticated(self, url: str, headers: Mapping[str, str]) -> Mapping[str, object]:
        """Sends the request again with a fresh token if the first one has expired. That uses the retry budget if fresh
        tokens were rejected before."""
        credentials = await self.credentials.headers()
        try:
            return await self._send(url, {**credentials, **headers})
        except CredentialsRejected as rejected:
            has_fresh = rejected.expired and self.credentials.invalidate(credentials)
            if not has_fresh or (self._rejected and not self.retry_budget.try_acquire()):
                raise
        return await self._send(url, {**await self.credentials.headers(), **headers})

    async def _send(self, url: str, headers: Mapping[str, str]) -> Mapping[str, object]:
        request = httpx.Request("GET", url, headers={**HEADERS, **headers})
        return await exchange(self.http, request, self.policy.max_body, self.policy.retry_after_cap, self.now)
