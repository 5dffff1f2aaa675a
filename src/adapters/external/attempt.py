import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import quote

import httpx
import structlog
from attrs import define, field

from adapters.external.budget import RetryBudget
from adapters.external.credentials import Credentials
from adapters.external.deadline import Deadline
from adapters.external.errors import CredentialsRefused, UpstreamDown
from adapters.external.exchange import HEADERS, exchange
from adapters.external.lanes import Lanes
from adapters.external.network import OneConnection
from adapters.external.policy import UpstreamPolicy

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@define(eq=False)
class Attempts:
    """Each has its own time, a lane and the registry's credentials. That these are refused is logged once, until an
    answer is good again."""

    upstream: str
    policy: UpstreamPolicy
    lanes: Lanes
    credentials: Credentials = field(repr=False)
    budget: RetryBudget
    now: Callable[[], datetime]
    _refused: bool = False

    async def make(self, url: str, request_id: str, deadline: Deadline) -> Mapping[str, object]:
        named = {"X-Request-ID": quote(request_id, safe="+/=:@,;", errors="replace")}
        try:
            async with asyncio.timeout(min(self.policy.attempt_timeout, deadline.left)), self.lanes.one() as http:
                answer = await self._proven(http, url, named)
        except TimeoutError:
            raise UpstreamDown("The upstream system did not answer in time.") from None
        except CredentialsRefused:
            if not self._refused:
                log.warning("upstream_credentials_refused", upstream=self.upstream)
            self._refused = True
            raise
        self._refused = False
        return answer

    async def _proven(self, http: OneConnection, url: str, named: Mapping[str, str]) -> Mapping[str, object]:
        """Once more with other credentials, where these have expired and others can be had; while others are refused as
        well, out of the budget of retries."""
        proof = await self.credentials.headers()
        try:
            return await self._exchange(http, url, {**proof, **named})
        except CredentialsRefused as refused:
            may_go_better = refused.expired and self.credentials.renewable(proof)
            if not may_go_better or (self._refused and not self.budget.take()):
                raise
        return await self._exchange(http, url, {**await self.credentials.headers(), **named})

    async def _exchange(self, http: OneConnection, url: str, headers: Mapping[str, str]) -> Mapping[str, object]:
        request = httpx.Request("GET", url, headers={**HEADERS, **headers})
        return await exchange(http, request, self.policy, self.now)
