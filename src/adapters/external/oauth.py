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

from adapters.external.credentials import Credentials, NewHttp, printable
from adapters.external.errors import CredentialsRefused, UpstreamDown, UpstreamNotTrusted
from adapters.external.exchange import HEADERS, exchange
from adapters.external.flights import Flights
from adapters.external.http import upstream_url
from adapters.external.policy import UpstreamPolicy
from core.errors import InvalidAnswer, NotFound, RateLimited, Unavailable

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

LONGEST_MARGIN = 60.0  # seconds
RENEWED_AGAIN_AFTER = 5.0  # seconds
LONGEST_LIFE = 365 * 86_400.0
_GIVER = "The server that gives tokens for the upstream system"
_CLIENT_REFUSED = ("invalid_client", "unauthorized_client")  # with status 400 (RFC 6749, section 5.2)
_NO_USE = f"{_GIVER} gives none that can be used."
_NO_TIME = f"{_GIVER} did not answer in time."
_DOWN = f"{_GIVER} cannot be reached, or has failed."
_NOT_TRUSTED = "No secure connection can be made to the server that gives tokens for the upstream system."
_TOO_MANY = f"{_GIVER} asks for fewer calls. Try again later."
_REFUSED = f"{_GIVER} refuses the registry's credentials. An administrator has to see to it."
_REASONS = {
    _NO_USE: "unusable_answer",
    _NO_TIME: "timeout",
    _DOWN: "unavailable",
    _NOT_TRUSTED: "tls",
    _TOO_MANY: "rate_limited",
    _REFUSED: "credentials_refused",
}


def _given(_instance: object, attribute: "Attribute[str]", value: str) -> None:
    if not value:
        raise ValueError(f"OAuth 2 client credentials need a {attribute.name}.")


@frozen
class ClientCredentials:
    """Makes credentials that get their tokens from `token_url`. An empty `scope` asks for the client's own."""

    token_url: str = field(validator=upstream_url)
    client_id: str = field(validator=[_given, printable])
    client_secret: str = field(repr=False, validator=[_given, printable])
    scope: str = field(default="", validator=printable)
    policy: UpstreamPolicy = field(factory=UpstreamPolicy)
    monotonic: Callable[[], float] = time.monotonic

    def __call__(self, new_http: NewHttp) -> Credentials:
        return TokenKeeper(self, new_http)


@frozen
class _Token:
    value: str = field(repr=False)
    renewed_at: float
    expires_at: float
    """Instants of the monotonic clock."""


@define
class TokenKeeper(Credentials):
    """Those of one process: a token is asked for once for all who need it, and again when upstream refuses it or some
    time before it expires. Nobody waits for that, as long as the old one is good."""

    client: ClientCredentials
    new_http: NewHttp
    _token: _Token | None = None
    _flights: Flights[_Token] = field(factory=Flights[_Token])
    _renewal: "asyncio.Task[None] | None" = None

    async def headers(self) -> Mapping[str, str]:
        token, now = self._token, self.client.monotonic()
        if token is None or now >= token.expires_at:
            token = await self._renewed()
        elif now >= token.renewed_at:
            self._token = evolve(token, renewed_at=now + RENEWED_AGAIN_AFTER)
            self._renewal = asyncio.create_task(self._renew_ahead())
        return {"Authorization": f"Bearer {token.value}"}

    def renewable(self, headers: Mapping[str, str]) -> bool:
        if self._token and headers == {"Authorization": f"Bearer {self._token.value}"}:
            self._token = None
        return True

    async def _renewed(self) -> _Token:
        token = self._token = await self._flights.join("token", self._fetch)
        return token

    async def _renew_ahead(self) -> None:
        with suppress(Unavailable):  # no reason not to call
            await self._renewed()

    async def _fetch(self) -> _Token:
        try:
            return await self._ask()
        except Unavailable as error:
            log.warning("upstream_token_not_renewed", error=_REASONS.get(str(error), error.kind))
            raise

    async def _ask(self) -> _Token:
        """In half of an attempt's time: the other is upstream's."""
        try:
            async with asyncio.timeout(self.client.policy.attempt_timeout / 2), self.new_http() as http:
                now = self.client.monotonic()
                answer = await exchange(http, self._request(), self.client.policy, readable={200, 400})
        except CredentialsRefused:
            raise CredentialsRefused(_REFUSED, expired=False) from None
        except RateLimited as limited:
            raise Unavailable(_TOO_MANY, retry_after=limited.retry_after) from None
        except (NotFound, InvalidAnswer):
            raise Unavailable(_NO_USE) from None
        except TimeoutError:
            raise UpstreamDown(_NO_TIME) from None
        except UpstreamNotTrusted:
            raise UpstreamNotTrusted(_NOT_TRUSTED) from None
        except UpstreamDown as down:
            raise UpstreamDown(_DOWN, retry_after=down.retry_after) from None
        if answer.get("error") in _CLIENT_REFUSED:
            raise CredentialsRefused(_REFUSED, expired=False)
        life = _life(answer)
        return _Token(_value(answer), now + life - min(LONGEST_MARGIN, life / 10), now + life)

    def _request(self) -> httpx.Request:
        client = self.client
        basic = b64encode(f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}".encode()).decode()
        form = {"grant_type": "client_credentials"} | ({"scope": client.scope} if client.scope else {})
        headers = {**HEADERS, "Authorization": f"Basic {basic}"}
        return httpx.Request("POST", client.token_url, data=form, headers=headers)


def _value(answer: Mapping[str, object]) -> str:
    token, kind = answer.get("access_token"), answer.get("token_type")
    if not isinstance(token, str) or not isinstance(kind, str) or kind.lower() != "bearer":
        raise Unavailable(_NO_USE)
    if not (token and token.isascii() and token.isprintable()):
        raise Unavailable(_NO_USE)
    return token


def _life(answer: Mapping[str, object]) -> float:
    """Seconds from now on; a token whose life is not told is used until it is refused."""
    told = answer.get("expires_in")
    if told is None or told == "":
        return float("inf")
    if isinstance(told, str) and told.isascii() and told.isdigit():
        told = LONGEST_LIFE if len(told) > 9 else int(told)
    if isinstance(told, bool) or not isinstance(told, int | float) or told <= 0:
        raise Unavailable(_NO_USE)
    return min(told, LONGEST_LIFE)
