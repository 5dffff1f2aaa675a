"""OAuth 2 client credentials (RFC 6749, section 4.4)."""

import asyncio
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import quote_plus

import httpx
import structlog
from attrs import Attribute, define, evolve, field, frozen

from adapters.external.auth.credentials import Credentials, printable_ascii
from adapters.external.auth.token import Token, parse_token
from adapters.external.auth.token_errors import reason, translated
from adapters.external.resilience.policy import UpstreamPolicy
from adapters.external.resilience.single_flight import SingleFlight
from adapters.external.transport.exchange import HEADERS, exchange
from adapters.external.transport.http import HttpTransport
from adapters.external.transport.url import http_url
from core.errors import Unavailable

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

RENEWAL_INTERVAL = 5.0  # seconds, after a renewal that failed


def _required(_instance: object, attribute: "Attribute[str]", value: str) -> None:
    if not value:
        raise ValueError(f"OAuth 2 client credentials require a {attribute.name}.")


@frozen
class ClientCredentials:
    """A factory of credentials. With an empty `scope` the server grants the client's default."""

    token_url: str = field(validator=http_url)
    client_id: str = field(validator=[_required, printable_ascii])
    client_secret: str = field(repr=False, validator=[_required, printable_ascii])
    scope: str = field(default="", validator=printable_ascii)
    policy: UpstreamPolicy = field(factory=UpstreamPolicy)
    monotonic: Callable[[], float] = time.monotonic

    def __call__(self, http: HttpTransport) -> Credentials:
        return CachedTokenProvider(self, http)

    def request(self) -> httpx.Request:
        basic = b64encode(f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}".encode()).decode()
        form = {"grant_type": "client_credentials"} | ({"scope": self.scope} if self.scope else {})
        return httpx.Request("POST", self.token_url, data=form, headers={**HEADERS, "Authorization": f"Basic {basic}"})


@define
class CachedTokenProvider(Credentials):
    """Of one process: all calls share one token. It is renewed in the background before it expires, and again when the
    upstream rejects it; no call waits while the current token is valid."""

    client: ClientCredentials
    http: HttpTransport
    _token: Token | None = None
    _single_flight: SingleFlight[Token] = field(factory=SingleFlight[Token])
    _renewal: "asyncio.Task[None] | None" = None

    async def headers(self) -> Mapping[str, str]:
        token, now = self._token, self.client.monotonic()
        if token is None or now >= token.expires_at:
            token = await self._renew()
        elif now >= token.renew_at:
            self._token = evolve(token, renew_at=now + RENEWAL_INTERVAL)
            self._renewal = asyncio.create_task(self._renew_in_background())
        return {"Authorization": f"Bearer {token.value}"}

    def invalidate(self, headers: Mapping[str, str]) -> bool:
        if self._token and headers == {"Authorization": f"Bearer {self._token.value}"}:
            self._token = None
        return True

    async def _renew(self) -> Token:
        token = self._token = await self._single_flight.run("token", self._fetch)
        return token

    async def _renew_in_background(self) -> None:
        with suppress(Unavailable):  # logged; the current token is still valid
            await self._renew()

    async def _fetch(self) -> Token:
        try:
            with translated():
                return await self._request_token()
        except Unavailable as error:
            log.warning("upstream_token_not_renewed", error=reason(error))
            raise

    async def _request_token(self) -> Token:
        """Takes at most half of an attempt's timeout, which leaves the other half for the upstream."""
        policy = self.client.policy
        async with asyncio.timeout(policy.attempt_timeout / 2):
            now = self.client.monotonic()
            response = await exchange(
                self.http, self.client.request(), policy.max_body, policy.retry_after_cap, readable={200, 400}
            )
        return parse_token(response, now)
