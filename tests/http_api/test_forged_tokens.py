"""Access and refresh tokens that the registry did not make like this."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from attrs import field, frozen

from adapters.jwt_tokens import JwtTokenService, SigningKey
from bootstrap import Container
from tests.http_api.client import Answer, Api
from tests.http_api.conftest import PASSWORD
from tests.http_api.problems import kind

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning"),
]


def encoded(content: object) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@frozen
class Genuine:
    """A token that works, and what is needed to make others like it."""

    token: str
    key: SigningKey
    claims: dict[str, Any] = field(init=False)

    def __attrs_post_init__(self) -> None:
        claims = jwt.decode(self.token, options={"verify_signature": False})
        object.__setattr__(self, "claims", claims)

    @property
    def parts(self) -> list[str]:
        return self.token.split(".")

    def signed(self, claims: Mapping[str, object], **header: object) -> str:
        """With the key of the registry."""
        return jwt.encode(dict(claims), self.key.value, "HS256", headers={"kid": self.key.id} | header)

    def changed(self, **claims: object) -> str:
        return self.signed(self.claims | claims)

    def signed_by(self, key: str | bytes, algorithm: str = "HS256") -> str:
        return jwt.encode(self.claims, key, algorithm, headers={"kid": self.key.id})

    def with_header(self, **header: object) -> str:
        """And the signature of the genuine token."""
        return ".".join([encoded({"alg": "HS256", "typ": "JWT", "kid": self.key.id} | header), *self.parts[1:]])


def hours_from_now(number: int) -> int:
    return int((datetime.now(UTC) + timedelta(hours=number)).timestamp())


Forge = Callable[[Genuine], str]


def with_algorithm(algorithm: object) -> Forge:
    return lambda good: good.with_header(alg=algorithm)


def unsigned(algorithm: str) -> Forge:
    return lambda good: f"{encoded({'alg': algorithm, 'kid': good.key.id})}.{good.parts[1]}."


def with_signed_header(name: str, value: object) -> Forge:
    return lambda good: good.signed(good.claims, **{name: value})


def signed_by(key: str | bytes) -> Forge:
    return lambda good: good.signed_by(key)


def without(claim: str) -> Forge:
    return lambda good: good.signed({name: value for name, value in good.claims.items() if name != claim})


FORGERIES: dict[str, Forge] = {
    **{f"alg {one}": with_algorithm(one) for one in ("none", "nOnE", "", "RS256", "HS512", None, 7, ["HS256"])},
    **{f"unsigned, alg {one}": unsigned(one) for one in ("none", "NONE", "HS256")},
    **{f"kid {one}": with_signed_header("kid", one) for one in ("", "other", "../../dev/null", "' OR 1=1 --")},
    **{f"header {one}": with_signed_header(one, "https://evil.example/keys") for one in ("jku", "x5u", "cty", "zip")},
    "header jwk": with_signed_header("jwk", {"kty": "oct", "k": encoded(b"secret")}),
    **{f"signed by {one!r}": signed_by(one) for one in ("secret", b"\0" * 32)},
    "signed by the secret itself": lambda good: good.signed_by(good.key.secret),
    "signed by the name of the key": lambda good: good.signed_by(good.key.id),
    "another algorithm with the key": lambda good: good.signed_by(good.key.value, "HS384"),
    **{f"without {one}": without(one) for one in ("iss", "aud", "sub", "iat", "exp")},
    "no claims": lambda good: good.signed({}),
    "expired": lambda good: good.changed(exp=hours_from_now(-1)),
    "not valid yet": lambda good: good.changed(nbf=hours_from_now(1)),
    "other issuer": lambda good: good.changed(iss="https://evil.example"),
    "all audiences": lambda good: good.changed(aud=["patient-registry", "*"]),
    "truncated": lambda good: good.token[:-5],
    "without signature": lambda good: good.token.rpartition(".")[0],
    "signature of other claims": lambda good: ".".join([*good.parts[:2], good.changed(iat=0).split(".")[2]]),
    "other claims": lambda good: ".".join([good.parts[0], encoded(good.claims | {"iat": 0}), good.parts[2]]),
    "claims that are no object": lambda good: ".".join([good.parts[0], encoded([good.claims]), good.parts[2]]),
    "trailing part": lambda good: f"{good.token}.{good.parts[2]}",
    "trailing data": lambda good: f"{good.token}AAAA",
    "standard base64": lambda good: f"{good.token}+/",
    "two tokens": lambda good: f"{good.token}, {good.token}",
    "huge": lambda good: good.token + "A" * 3_000,
}


@pytest.fixture
def genuine(registry: Container, reader: Api) -> dict[str, Genuine]:
    pair = registry.sign_in()(email="reader@clinic.example", password=PASSWORD)
    tokens = registry.tokens()
    assert isinstance(tokens, JwtTokenService)
    return {"access": Genuine(pair.access, tokens.keys[0]), "refresh": Genuine(pair.refresh, tokens.keys[0])}


def use(token: str, where: str) -> Answer:
    return Api(token).get("users/me/") if where == "access" else Api().post("auth/token/refresh/", {"refresh": token})


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused(genuine: dict[str, Genuine], name: str) -> None:
    for where, good in genuine.items():
        answer = use(FORGERIES[name](good), where)
        assert (answer.status_code, kind(answer)) == (401, "token-refused"), where
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_the_tokens_used_for_forgeries_work_for_their_own_purpose_only(genuine: dict[str, Genuine]) -> None:
    assert use(genuine["refresh"].token, "access").status_code == 401
    assert use(genuine["access"].token, "refresh").status_code == 401
    for where, good in genuine.items():
        assert use(good.changed(), where).status_code == 200
