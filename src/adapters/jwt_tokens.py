"""Signed tokens: JWTs by PyJWT, with one algorithm."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

import jwt
from attrs import field, frozen
from jwt.types import Options

from core.accounts.errors import TokenRefused
from core.accounts.ports import TokenService
from core.accounts.sessions import RefreshFamily
from core.ports import Clock

_ALGORITHM = "HS256"
_NAME = "patient-registry"

Claim = str | int | datetime
Claims = Mapping[str, Any]  # what we signed holds what we put into it


@frozen(repr=False)
class SigningKey:
    """A key of its own, derived from a secret that has other uses too; `id` tells it from its predecessors.

    `header` begins every token signed with it, so that no header of anybody else's needs to be read.
    """

    secret: str
    value: bytes = field(init=False)
    id: str = field(init=False)
    header: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "value", sha256(b"patient-registry tokens\0" + self.secret.encode()).digest())
        object.__setattr__(self, "id", sha256(self.value).hexdigest()[:16])
        object.__setattr__(self, "header", self.sign({}).partition(".")[0])

    def sign(self, claims: Mapping[str, Claim]) -> str:
        return jwt.encode(dict(claims), self.value, _ALGORITHM, headers={"kid": self.id})


@frozen(repr=False)
class JwtTokenService(TokenService):
    """Signs with the first key; reads what any of them signed. Expiry is judged by the registry's clock, which sets it,
    and not by the host's."""

    keys: Sequence[SigningKey]
    clock: Clock

    def access(self, family: RefreshFamily, issued_at: datetime, expires_at: datetime) -> str:
        claims = {"sub": str(family.user_id), "sid": str(family.id), "iat": issued_at, "exp": expires_at}
        return self._signed("access", claims)

    def refresh(self, family: RefreshFamily, issued_at: datetime) -> str:
        claims = {"sub": str(family.id), "jti": str(family.token_id), "iat": issued_at, "exp": family.expires_at}
        return self._signed("refresh", claims)

    def read_access(self, token: str) -> UUID:
        return UUID(self._claims("access", token, "sid")["sid"])

    def read_refresh(self, token: str) -> tuple[UUID, UUID]:
        claims = self._claims("refresh", token, "jti")
        return UUID(claims["sub"]), UUID(claims["jti"])

    def _signed(self, kind: str, claims: Mapping[str, Claim]) -> str:
        return self.keys[0].sign({"iss": _NAME, "aud": f"{_NAME}/{kind}", **claims})

    def _claims(self, kind: str, token: str, own: str) -> Claims:
        header = token.partition(".")[0]
        key = next((key for key in self.keys if key.header == header), None)
        if key is None:
            raise TokenRefused
        claims = _verified(token, key.value, f"{_NAME}/{kind}", own)
        if claims["exp"] <= self.clock.now().timestamp():
            raise TokenRefused
        return claims


@lru_cache(maxsize=1_000)  # clients send one token with every request for ten minutes
def _verified(token: str, key: bytes, audience: str, own: str) -> Claims:
    required: Options = {"require": ["exp", "iat", "sub", own], "verify_iat": False, "verify_exp": False}
    try:
        return jwt.decode(token, key, [_ALGORITHM], issuer=_NAME, audience=audience, options=required)
    except (jwt.InvalidTokenError, UnicodeError):
        raise TokenRefused from None
