from collections.abc import Callable

import pytest

from bootstrap import Container
from core.access import Role
from core.accounts.audit import AccountAction
from core.accounts.entities import AccountChanges, User
from core.accounts.errors import AccountNotFound, LastAdmin, TokenRefused, UserEmailTaken, UserNotFound
from core.accounts.sessions import TokenPair
from core.errors import Forbidden, ValidationError
from tests.fakes import ADMIN, CLERK, NOW
from tests.unit.accounts.conftest import PASSWORD


def test_a_new_user_is_active_in_one_role(registry: Container, ada: User) -> None:
    assert (ada.email, ada.role, ada.is_active, ada.created_at) == ("ada@example.org", Role.CLERK, True, NOW)
    assert registry.view_user()(actor=ADMIN, user_id=ada.id) == ada


def test_two_users_never_share_an_email_in_any_spelling(registry: Container, ada: User) -> None:
    with pytest.raises(UserEmailTaken):
        registry.create_user()(actor=ADMIN, email=" ADA@example.org", password=PASSWORD, role="reader")
    assert list(registry.store().users.values()) == [ada]
    assert len(registry.store().account_events) == 1


def test_every_error_of_a_new_user_is_reported_at_once(registry: Container) -> None:
    with pytest.raises(ValidationError) as refused:
        registry.create_user()(actor=ADMIN, email="ada", password="short", role="boss")
    errors = {error.field: error.code for error in refused.value.errors}
    assert errors == {"email": "invalid", "password": "length", "role": "choice"}
    assert registry.store().users == {}


def test_repr_of_a_user_is_the_id(ada: User) -> None:
    assert repr(ada) == f"<User {ada.id}>"


def test_an_unknown_user_is_not_found(registry: Container, ada: User) -> None:
    registry.store().users.clear()
    with pytest.raises(UserNotFound):
        registry.view_user()(actor=ADMIN, user_id=ada.id)
    with pytest.raises(UserNotFound):
        registry.update_user()(actor=ADMIN, user_id=ada.id, role="reader")
    with pytest.raises(UserNotFound):
        registry.set_password()(actor=ADMIN, user_id=ada.id, password=PASSWORD)


def history(registry: Container, user: User) -> list[tuple[str, str, dict[str, str]]]:
    """Oldest first."""
    events = registry.view_account_history()(actor=ADMIN, account_id=user.id).items
    return [(event.action, event.actor, dict(event.details)) for event in reversed(events)]


def test_every_change_of_a_user_is_recorded_with_its_actor(registry: Container, ada: User) -> None:
    update = registry.update_user()
    update(actor=ADMIN, user_id=ada.id, role="reader")
    update(actor=ADMIN, user_id=ada.id, is_active=False)
    update(actor=ADMIN, user_id=ada.id, is_active=True, role="author")
    registry.set_password()(actor=ADMIN, user_id=ada.id, password=PASSWORD)
    assert history(registry, ada) == [
        (AccountAction.CREATED, "system:tests", {"role": "clerk"}),
        (AccountAction.ROLE_CHANGED, ADMIN.name, {"before": "clerk", "after": "reader"}),
        (AccountAction.DISABLED, ADMIN.name, {}),
        (AccountAction.ROLE_CHANGED, ADMIN.name, {"before": "reader", "after": "author"}),
        (AccountAction.ENABLED, ADMIN.name, {}),
        (AccountAction.PASSWORD_SET, ADMIN.name, {}),
    ]


def test_a_change_without_effect_is_not_recorded(registry: Container, ada: User) -> None:
    for nothing in (AccountChanges(), AccountChanges(role="clerk", is_active=True)):
        assert registry.update_user()(actor=ADMIN, user_id=ada.id, **nothing) == ada
    assert len(history(registry, ada)) == 1


def test_after_the_last_event_there_is_an_empty_page(registry: Container, ada: User) -> None:
    view = registry.view_account_history()
    (created,) = view(actor=ADMIN, account_id=ada.id).items
    assert view(actor=ADMIN, account_id=ada.id, after=created.id).items == ()


def test_an_unknown_account_has_no_history(registry: Container, ada: User) -> None:
    registry.store().account_events.clear()
    with pytest.raises(AccountNotFound):
        registry.view_account_history()(actor=ADMIN, account_id=ada.id)


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"role": "boss", "is_active": "no"}, {"role": "choice", "is_active": "type"}),
        ({"role": None}, {"role": "type"}),
        ({"is_active": None}, {"is_active": "type"}),
        ({"email": "eve@example.org"}, {"email": "unknown"}),
    ],
)
def test_every_error_of_a_change_is_reported_and_nothing_is_changed(
    registry: Container, ada: User, changes: AccountChanges, errors: dict[str, str]
) -> None:
    with pytest.raises(ValidationError) as refused:
        registry.update_user()(actor=ADMIN, user_id=ada.id, **changes)
    assert {error.field: error.code for error in refused.value.errors} == errors
    assert registry.store().users[ada.id] == ada


def test_a_user_enabled_again_must_sign_in_again(registry: Container, ada: User, pair: TokenPair) -> None:
    for is_active in (False, True):
        registry.update_user()(actor=ADMIN, user_id=ada.id, is_active=is_active)
    with pytest.raises(TokenRefused):
        registry.authenticate()(access=pair.access, request_id="request-1")
    with pytest.raises(TokenRefused):
        registry.refresh_session()(refresh=pair.refresh)
    registry.sign_in()(email=ada.email, password=PASSWORD)


@pytest.mark.parametrize("changes", [{"is_active": False}, {"role": "reader"}, {"role": "clerk", "is_active": False}])
def test_the_last_active_admin_stays_an_admin(
    registry: Container, ada: User, becomes: Callable[..., None], changes: AccountChanges
) -> None:
    becomes(role=Role.ADMIN)
    create, update = registry.create_user(), registry.update_user()
    other = create(actor=ADMIN, email="eve@example.org", password=PASSWORD, role="admin")
    update(actor=ADMIN, user_id=other.id, is_active=False)
    with pytest.raises(LastAdmin):
        update(actor=ADMIN, user_id=ada.id, **changes)
    assert registry.users().get(ada.id).is_active_admin
    update(actor=ADMIN, user_id=other.id, is_active=True)
    update(actor=ADMIN, user_id=ada.id, **changes)
    assert not registry.users().get(ada.id).is_active_admin


def test_clerks_cannot_manage_users(registry: Container, ada: User) -> None:
    for forbidden in (
        lambda: registry.list_users()(actor=CLERK),
        lambda: registry.view_user()(actor=CLERK, user_id=ada.id),
        lambda: registry.update_user()(actor=CLERK, user_id=ada.id, role="admin"),
        lambda: registry.set_password()(actor=CLERK, user_id=ada.id, password=PASSWORD),
        lambda: registry.view_account_history()(actor=CLERK, account_id=ada.id),
        lambda: registry.purge_expired()(actor=CLERK),
    ):
        with pytest.raises(Forbidden):
            forbidden()


def test_filters_accept_every_spelling(registry: Container, ada: User) -> None:
    find = registry.list_users()
    eve = registry.create_user()(actor=ADMIN, email="eve@example.org", password=PASSWORD, role="reader")
    assert find(actor=ADMIN).items == (eve, ada)
    assert find(actor=ADMIN, email=" ADA@example.org").items == (ada,)
    assert find(actor=ADMIN, role="reader", is_active=True).items == (eve,)


def test_every_error_of_filters_is_reported(registry: Container) -> None:
    with pytest.raises(ValidationError) as refused:
        registry.list_users()(actor=ADMIN, email="x", role="boss", is_active="no", limit=0)  # type: ignore[arg-type]  # as callers may
    assert {error.field for error in refused.value.errors} == {"email", "role", "is_active", "limit"}
