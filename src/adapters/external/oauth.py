"""OAuth 2 client credentials (RFC 6749, section 4.4)."""

import asyncio
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from urllib.parse import quote_plus

import httpx
from attrs import Attribute, define, field, frozen

from adapters.external.credentials import Credentials, NewHttp, printable
from adapters.external.errors import CredentialsRefused, UpstreamDown
from adapters.external.exchange import HEADERS, exchange
from adapters.external.flights import Flights
from adapters.external.http import upstream_url
from adapters.external.policy import UpstreamPolicy
from core.errors import InvalidAnswer, NotFound, Unavailable

LONGEST_MARGIN = 60.0  # seconds
LONGEST_LIFE = 365 * 86_400.0
_NO_USE = "The server that gives tokens for the upstream system gives none that can be used."


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
    """An instant of the monotonic clock."""


@define
class TokenKeeper(Credentials):
    """Those of one process: a token is asked for once for all who need it, and again some time before it expires or
    when upstream refuses it."""

    client: ClientCredentials
    new_http: NewHttp
    _token: _Token | None = None
    _flights: Flights[_Token] = field(factory=Flights[_Token])

    async def headers(self) -> Mapping[str, str]:
        token = self._token
        if token is None or self.client.monotonic() >= token.renewed_at:
            token = self._token = await self._flights.join("token", self._fetch)
        return {"Authorization": f"Bearer {token.value}"}

    def renewable(self, headers: Mapping[str, str]) -> bool:
        if self._token and headers == {"Authorization": f"Bearer {self._token.value}"}:
            self._token = None
        return True

    async def _fetch(self) -> _Token:
        try:
            async with asyncio.timeout(self.client.policy.attempt_timeout), self.new_http() as http:
                now = self.client.monotonic()
                answer = await exchange(http, self._request(), self.client.policy)
        except CredentialsRefused:
            raise CredentialsRefused(expired=False) from None
        except (NotFound, InvalidAnswer):
            raise Unavailable(_NO_USE) from None
        except TimeoutError:
            raise UpstreamDown("The server that gives tokens for the upstream system did not answer in time.") from None
        return _Token(_value(answer), now + _usable(answer))

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


def _usable(answer: Mapping[str, object]) -> float:
    """Seconds from now on; a token whose life is not told is used until it is refused."""
    told = answer.get("expires_in")
    if told is None:
        return float("inf")
    if isinstance(told, str) and told.isascii() and told.isdigit():
        told = LONGEST_LIFE if len(told) > 9 else int(told)
    if isinstance(told, bool) or not isinstance(told, int | float) or told <= 0:
        raise Unavailable(_NO_USE)
    seconds = min(told, LONGEST_LIFE)
    return seconds - min(LONGEST_MARGIN, seconds / 10)
