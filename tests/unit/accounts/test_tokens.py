import base64
import json
from datetime import timedelta
from uuid import UUID

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.jwt_tokens import JwtTokenService, SigningKey
from core.accounts.errors import TokenRefused
from core.accounts.sessions import RefreshFamily
from tests.contracts.examples import user
from tests.fakes import NOW, StillClock
from tests.unit.accounts.conftest import SECRET

KEY = SigningKey(SECRET)
CLOCK = StillClock()
TOKENS = JwtTokenService([KEY], CLOCK)
USER = user(7)
FAMILY = RefreshFamily(
    id=UUID(int=8),
    user_id=USER.id,
    session_epoch=1,
    token_id=UUID(int=9),
    started_at=NOW,
    refreshed_at=NOW,
    expires_at=NOW,
)
CLAIMS = {
    "iss": "patient-registry",
    "aud": "patient-registry/access",
    "sub": str(USER.id),
    "sid": str(FAMILY.id),
    "iat": NOW,
    "exp": NOW + timedelta(minutes=10),
}


def signed(claims: dict[str, object], key: bytes = KEY.value, algorithm: str = "HS256", kid: object = KEY.id) -> str:
    return jwt.encode(claims, key, algorithm, headers={"kid": kid} if kid else {})


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def refuse(token: str) -> None:
    with pytest.raises(TokenRefused):
        TOKENS.read_access(token)


def test_a_token_returns_the_session_it_was_issued_for() -> None:
    assert TOKENS.read_access(signed(dict(CLAIMS))) == FAMILY.id
    assert TOKENS.read_access(TOKENS.access(FAMILY, NOW, NOW + timedelta(minutes=1))) == FAMILY.id


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "sid", "iat", "exp"])
def test_a_token_without_one_of_its_claims_is_refused(claim: str) -> None:
    refuse(signed({name: value for name, value in CLAIMS.items() if name != claim}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "somebody"},
        {"aud": "patient-registry/refresh"},
        {"aud": "patient-registry"},
        {"exp": NOW},
        {"sub": 7},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(wrong: dict[str, object]) -> None:
    refuse(signed({**CLAIMS, **wrong}))


def test_an_unsigned_token_is_refused() -> None:
    claims = {**CLAIMS, "iat": NOW.timestamp(), "exp": NOW.timestamp() + 600}
    header = {"alg": "none", "typ": "JWT", "kid": KEY.id}
    refuse(f"{part(header)}.{part(claims)}.")
    refuse(f"{part(header)}.{part(claims)}.{signed(dict(CLAIMS)).rpartition('.')[2]}")


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_token_with_another_key_or_algorithm_is_refused() -> None:
    refuse(signed(dict(CLAIMS), key=SigningKey("x" * 50).value))
    refuse(signed(dict(CLAIMS), key=SECRET.encode()))
    refuse(signed(dict(CLAIMS), algorithm="HS512"))


def test_a_token_with_an_unknown_key_id_is_refused() -> None:
    refuse(signed(dict(CLAIMS), kid=None))
    refuse(signed(dict(CLAIMS), kid="another"))


@given(st.data())
def test_a_token_with_any_character_changed_is_refused(data: st.DataObject) -> None:
    token = signed(dict(CLAIMS))
    place = data.draw(st.integers(0, len(token) - 2))  # the last character has bits that mean nothing
    other = data.draw(st.sampled_from("AbC9-_.").filter(lambda letter: letter != token[place]))
    refuse(token[:place] + other + token[place + 1 :])


@given(st.text())
def test_malformed_text_is_refused(token: str) -> None:
    refuse(token)


@pytest.mark.parametrize("token", ["\ud800", "a.b.\ud800", "é.é.é", f"{part('x')[:-2]}.{part({})}.x"])
def test_an_invalid_type_or_size_is_refused(token: str) -> None:
    refuse(token)


def test_a_deeply_nested_header_is_refused() -> None:
    nested = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 100_000).decode().rstrip("=")
    refuse(f"{nested}.{part({})}.x")


def test_tokens_of_an_older_key_are_valid_until_it_is_removed() -> None:
    old, new = SigningKey("o" * 50), SigningKey("n" * 50)
    token = JwtTokenService([old], CLOCK).access(FAMILY, NOW, NOW + timedelta(minutes=1))
    assert JwtTokenService([new, old], CLOCK).read_access(token) == FAMILY.id
    with pytest.raises(TokenRefused):
        JwtTokenService([new], CLOCK).read_access(token)


def test_the_first_key_signs() -> None:
    old, new = SigningKey("o" * 50), SigningKey("n" * 50)
    token = JwtTokenService([new, old], CLOCK).access(FAMILY, NOW, NOW + timedelta(minutes=1))
    assert jwt.get_unverified_header(token)["kid"] == new.id
    JwtTokenService([new], CLOCK).read_access(token)


def test_repr_hides_keys() -> None:
    assert SECRET not in repr(KEY)
    assert SECRET not in repr(TOKENS)
    assert KEY.value.hex() not in repr(KEY)


def test_a_token_from_a_server_whose_clock_is_ahead_is_read() -> None:
    token = TOKENS.access(FAMILY, NOW + timedelta(minutes=1), NOW + timedelta(minutes=11))
    assert TOKENS.read_access(token) == FAMILY.id
