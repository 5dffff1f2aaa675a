from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine

from bootstrap import Container
from core.access import Actor, Role
from core.access_log.entities import AccessAction, AccessQuery
from core.accounts.entities import User
from core.accounts.errors import SessionNotFound, TokenRefused
from core.accounts.sessions import Principal, TokenPair
from tests.fakes import ADMIN
from tests.unit.accounts.conftest import PASSWORD

HERE, THERE = "192.0.2.1", "192.0.2.2"


def sign_in(registry: Container, user: User, address: str = HERE) -> TokenPair:
    return registry.sign_in()(email=user.email, password=PASSWORD, address=address)


def me(registry: Container, pair: TokenPair) -> Principal:
    return registry.authenticate()(access=pair.access, request_id="request-1", address=HERE)


def ids(registry: Container, principal: Principal) -> list[UUID]:
    return [session.id for session in registry.list_own_sessions()(principal=principal)]


def test_the_sessions_of_a_user_are_listed_by_their_last_refresh(
    registry: Container, ada: User, time: time_machine.Traveller
) -> None:
    here = sign_in(registry, ada)
    time.shift(timedelta(minutes=1))
    there = me(registry, sign_in(registry, ada, THERE))
    time.shift(timedelta(minutes=1))
    now = registry.clock().now()
    mine = me(registry, registry.refresh_session()(refresh=here.refresh, address=THERE))
    first, second = registry.list_own_sessions()(principal=mine)
    assert [first.id, second.id] == [mine.session_id, there.session_id]
    assert (first.started_at, first.refreshed_at) == (now - timedelta(minutes=2), now)
    assert (first.expires_at, first.address) == (now + timedelta(days=14), THERE)


def test_sessions_that_have_ended_are_not_listed(registry: Container, ada: User, time: time_machine.Traveller) -> None:
    sign_in(registry, ada)
    time.shift(timedelta(days=15))
    registry.sign_out()(refresh=sign_in(registry, ada).refresh)
    mine = me(registry, sign_in(registry, ada))
    assert ids(registry, mine) == [mine.session_id]


def test_a_new_password_ends_every_earlier_session(registry: Container, ada: User) -> None:
    sign_in(registry, ada)
    new = "battery staple horse"
    pair = registry.change_own_password()(
        principal=me(registry, sign_in(registry, ada)), current=PASSWORD, password=new
    )
    mine = me(registry, pair)
    assert ids(registry, mine) == [mine.session_id]


def test_ending_a_session_applies_immediately(registry: Container, ada: User) -> None:
    mine, other = me(registry, sign_in(registry, ada)), sign_in(registry, ada, THERE)
    session_id = me(registry, other).session_id
    assert session_id
    for _ in range(2):
        registry.end_own_session()(principal=mine, session_id=session_id)
    with pytest.raises(TokenRefused):
        me(registry, other)
    with pytest.raises(TokenRefused):
        registry.refresh_session()(refresh=other.refresh)
    assert ids(registry, mine) == [mine.session_id]
    ended = registry.access_entries().find(AccessQuery(action=AccessAction.SIGNED_OUT), before=None, limit=10)
    assert {(entry.actor, entry.address) for entry in ended} == {(f"user:{ada.id}", HERE)}


def test_users_cannot_end_sessions_of_others(registry: Container, ada: User) -> None:
    operator = Actor.system("tests")
    bob = registry.create_user()(actor=operator, email="bob@example.org", password=PASSWORD, role=Role.CLERK)
    theirs, mine = sign_in(registry, ada), me(registry, sign_in(registry, bob))
    session_id = me(registry, theirs).session_id
    assert session_id
    for unknown in (session_id, uuid4()):
        with pytest.raises(SessionNotFound):
            registry.end_own_session()(principal=mine, session_id=unknown)
    assert me(registry, theirs)


def test_a_service_account_has_no_sessions(registry: Container) -> None:
    lab = registry.create_service_account()(actor=ADMIN, name="lab", role=Role.CLERK)
    _, token = registry.create_service_key()(actor=ADMIN, account_id=lab.id, name="december")
    principal = registry.authenticate()(access=token, request_id="request-1")
    assert (principal.session_id, ids(registry, principal)) == (None, [])


def test_no_session_lasts_longer_than_90_days(registry: Container, ada: User, time: time_machine.Traveller) -> None:
    pair = sign_in(registry, ada)
    for _ in range(8):
        time.shift(timedelta(days=10))
        pair = registry.refresh_session()(refresh=pair.refresh)
    time.shift(timedelta(days=9, hours=23, minutes=59))
    pair = registry.refresh_session()(refresh=pair.refresh)
    assert me(registry, pair)
    time.shift(timedelta(minutes=1))
    with pytest.raises(TokenRefused):
        registry.refresh_session()(refresh=pair.refresh)
    with pytest.raises(TokenRefused):
        me(registry, pair)
