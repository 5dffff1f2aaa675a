from uuid import uuid4

import pytest

from bootstrap import Container
from core.access import Role
from core.accounts.audit import AccountAction
from core.accounts.entities import User
from core.accounts.errors import ResetCodeRefused, SessionNotFound, TokenRefused, UserNotFound
from core.accounts.sessions import TokenPair
from core.errors import Forbidden
from tests.fakes import ADMIN, CLERK
from tests.unit.accounts.conftest import PASSWORD


def sign_in(registry: Container, user: User) -> TokenPair:
    return registry.sign_in()(email=user.email, password=PASSWORD, address="192.0.2.1")


def is_signed_in(registry: Container, pair: TokenPair) -> bool:
    try:
        registry.authenticate()(access=pair.access, request_id="request-1", before_password_change=True)
    except TokenRefused:
        with pytest.raises(TokenRefused):
            registry.refresh_session()(refresh=pair.refresh)
        return False
    return True


def actions(registry: Container, user: User) -> list[AccountAction]:
    return [event.action for event in registry.view_account_history()(actor=ADMIN, account_id=user.id).items]


@pytest.fixture
def bob(registry: Container) -> User:
    return registry.create_user()(actor=ADMIN, email="bob@example.org", password=PASSWORD, role=Role.CLERK)


def test_an_admin_ends_one_session_of_a_user_immediately(registry: Container, ada: User, bob: User) -> None:
    first, second, other = sign_in(registry, ada), sign_in(registry, ada), sign_in(registry, bob)
    sessions = registry.list_user_sessions()(actor=ADMIN, user_id=ada.id)
    assert [session.address for session in sessions] == ["192.0.2.1"] * 2
    for _ in range(2):
        registry.end_user_session()(actor=ADMIN, user_id=ada.id, session_id=sessions[1].id)
    assert [is_signed_in(registry, pair) for pair in (first, second, other)] == [False, True, True]
    assert registry.list_user_sessions()(actor=ADMIN, user_id=ada.id) == sessions[:1]
    newest = registry.view_account_history()(actor=ADMIN, account_id=ada.id).items[0]
    assert (newest.action, newest.actor) == (AccountAction.SESSION_ENDED, ADMIN.name)
    assert newest.details == {"session_id": str(sessions[1].id)}
    assert actions(registry, ada).count(AccountAction.SESSION_ENDED) == 1


def test_an_admin_ends_all_sessions_of_a_user_and_the_reset_code(registry: Container, ada: User, bob: User) -> None:
    pairs, other = [sign_in(registry, ada) for _ in range(2)], sign_in(registry, bob)
    _, code = registry.issue_password_reset()(actor=ADMIN, user_id=ada.id)
    registry.end_user_sessions()(actor=ADMIN, user_id=ada.id)
    assert [is_signed_in(registry, pair) for pair in (*pairs, other)] == [False, False, True]
    assert registry.list_user_sessions()(actor=ADMIN, user_id=ada.id) == ()
    with pytest.raises(ResetCodeRefused):
        registry.reset_password()(code=code, password="battery staple horse")
    assert actions(registry, ada)[0] == AccountAction.SESSIONS_ENDED
    assert is_signed_in(registry, sign_in(registry, ada))


def test_a_session_of_another_user_and_an_unknown_one_are_not_found(registry: Container, ada: User, bob: User) -> None:
    theirs = sign_in(registry, bob)
    [session] = registry.list_user_sessions()(actor=ADMIN, user_id=bob.id)
    for session_id in (session.id, uuid4()):
        with pytest.raises(SessionNotFound):
            registry.end_user_session()(actor=ADMIN, user_id=ada.id, session_id=session_id)
    with pytest.raises(UserNotFound):
        registry.list_user_sessions()(actor=ADMIN, user_id=uuid4())
    assert is_signed_in(registry, theirs)


def test_only_admins_see_and_end_sessions_of_others(registry: Container, ada: User) -> None:
    pair = sign_in(registry, ada)
    [session] = registry.list_user_sessions()(actor=ADMIN, user_id=ada.id)
    for work in (
        lambda: registry.list_user_sessions()(actor=CLERK, user_id=ada.id),
        lambda: registry.end_user_session()(actor=CLERK, user_id=ada.id, session_id=session.id),
        lambda: registry.end_user_sessions()(actor=CLERK, user_id=ada.id),
    ):
        with pytest.raises(Forbidden):
            work()
    assert is_signed_in(registry, pair)
