from datetime import timedelta

import pytest
import time_machine
from attrs import evolve

from bootstrap import Container
from core.accounts.entities import User
from core.accounts.errors import TokenRefused
from core.accounts.sessions import TokenPair
from core.errors import ValidationError
from tests.fakes import NOW
from tests.unit.accounts.conftest import PASSWORD


def refused(registry: Container, refresh: str) -> bool:
    try:
        registry.refresh_session()(refresh=refresh)
    except TokenRefused:
        return True
    return False


def access_refused(registry: Container, pair: TokenPair) -> bool:
    try:
        registry.authenticate()(access=pair.access, request_id="request-1")
    except TokenRefused:
        return True
    return False


def test_a_refresh_token_is_exchanged_for_a_new_pair(registry: Container, ada: User, pair: TokenPair) -> None:
    newer = registry.refresh_session()(refresh=pair.refresh)
    assert newer.refresh != pair.refresh
    assert registry.authenticate()(access=newer.access, request_id="request-1").account == ada
    assert not refused(registry, newer.refresh)


def test_a_refresh_token_used_again_revokes_its_family_and_its_access_tokens(
    registry: Container, ada: User, pair: TokenPair
) -> None:
    other = registry.sign_in()(email=ada.email, password=PASSWORD)
    newer = registry.refresh_session()(refresh=pair.refresh)
    assert not access_refused(registry, pair)
    assert refused(registry, pair.refresh)
    assert refused(registry, newer.refresh)
    assert access_refused(registry, pair)
    assert access_refused(registry, newer)
    assert not access_refused(registry, other)


def test_each_sign_in_is_its_own_family(registry: Container, ada: User, pair: TokenPair) -> None:
    other = registry.sign_in()(email=ada.email, password=PASSWORD)
    registry.refresh_session()(refresh=pair.refresh)
    assert refused(registry, pair.refresh)
    registry.sign_out()(refresh=pair.refresh)
    assert not refused(registry, other.refresh)


def test_signing_out_ends_every_token_of_the_session_immediately(registry: Container, pair: TokenPair) -> None:
    newer = registry.refresh_session()(refresh=pair.refresh)
    registry.sign_out()(refresh=newer.refresh)
    assert refused(registry, newer.refresh)
    assert access_refused(registry, pair)
    assert access_refused(registry, newer)


def test_signing_out_twice_or_with_an_older_token_is_harmless(registry: Container, pair: TokenPair) -> None:
    newer = registry.refresh_session()(refresh=pair.refresh)
    for refresh in (pair.refresh, pair.refresh, newer.refresh):
        registry.sign_out()(refresh=refresh)
    assert refused(registry, newer.refresh)


def test_signing_out_of_a_removed_family_is_harmless(registry: Container, pair: TokenPair) -> None:
    registry.store().refresh_families.clear()
    registry.sign_out()(refresh=pair.refresh)
    assert refused(registry, pair.refresh)


def test_a_refresh_token_lasts_14_days_from_its_issue(
    registry: Container, pair: TokenPair, time: time_machine.Traveller
) -> None:
    almost = timedelta(days=14) - timedelta(seconds=1)
    time.shift(almost)
    newer = registry.refresh_session()(refresh=pair.refresh)
    time.shift(almost)
    newest = registry.refresh_session()(refresh=newer.refresh)
    time.shift(timedelta(days=14))
    assert refused(registry, newest.refresh)
    with pytest.raises(TokenRefused):
        registry.sign_out()(refresh=newest.refresh)


def test_an_ended_family_is_not_refreshed_by_a_valid_token(
    registry: Container, pair: TokenPair, time: time_machine.Traveller
) -> None:
    (family,) = registry.store().refresh_families.values()
    longer = evolve(family, expires_at=family.expires_at + timedelta(days=1))
    token = registry.tokens().refresh(longer, NOW)
    time.shift(timedelta(days=14))
    assert registry.tokens().read_refresh(token) == (family.id, family.token_id)
    assert refused(registry, token)


def test_access_and_refresh_tokens_are_not_interchangeable(registry: Container, pair: TokenPair) -> None:
    assert refused(registry, pair.access)
    with pytest.raises(TokenRefused):
        registry.sign_out()(refresh=pair.access)
    with pytest.raises(TokenRefused):
        registry.authenticate()(access=pair.refresh, request_id="request-1")
    assert not refused(registry, pair.refresh)


@pytest.mark.parametrize("refresh", [None, 5, b"token"])
def test_a_refresh_token_must_be_a_string(registry: Container, refresh: str) -> None:
    with pytest.raises(ValidationError):
        registry.refresh_session()(refresh=refresh)
    with pytest.raises(ValidationError):
        registry.sign_out()(refresh=refresh)
