from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from attrs import evolve
from django.contrib.auth.hashers import make_password
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from adapters.django_orm.accounts import models
from bootstrap import Container
from core.access import Role
from core.accounts.errors import UserEmailTaken, UserNotFound, WrongCredentials
from core.accounts.sessions import RefreshFamily
from core.errors import ValidationError
from core.ports import TransactionRequired
from tests import strategies
from tests.contracts.conftest import POSTGRES, SQLITE, Fresh, some
from tests.contracts.examples import user
from tests.fakes import NOW

PASSWORD = "correct horse"
FAMILY = RefreshFamily(
    id=UUID(int=1),
    user_id=user().id,
    session_epoch=1,
    token_id=UUID(int=2),
    started_at=NOW,
    refreshed_at=NOW,
    expires_at=NOW,
)


@some
@given(
    role=st.sampled_from(Role),
    active=st.booleans(),
    change=st.booleans(),
    at=strategies.instants(),
    password=st.text(min_size=1),
)
def test_get_returns_every_field_that_was_added(
    fresh: Fresh, role: Role, active: bool, change: bool, at: datetime, password: str
) -> None:
    users = fresh().users()
    added = user(role=role, is_active=active, must_change_password=change, created_at=at)
    users.add(added, users.hash(password))
    assert users.get(added.id) == added
    assert type(users.get(added.id).role) is Role
    assert users.verify(added.email, password) == (added if active else None)


def test_emails_returns_the_emails_of_existing_users_by_id(registry: Container) -> None:
    users = registry.users()
    for number in (1, 2, 3):
        users.add(user(number), "hash")
    users.replace(evolve(user(3), is_active=False))
    assert users.emails({user(1).id, user(3).id, uuid4()}) == {one.id: one.email for one in (user(1), user(3))}
    assert users.emails(set()) == {}


def test_get_raises_for_an_unknown_user(registry: Container) -> None:
    with pytest.raises(UserNotFound):
        registry.users().get(uuid4())


def test_list_live_returns_the_sessions_that_have_not_ended(registry: Container) -> None:
    users, families, later = registry.users(), registry.families(), NOW + timedelta(days=1)
    for number in (1, 2):
        users.add(user(number), "hash")
    live = evolve(FAMILY, expires_at=later, address="192.0.2.1")
    newer = evolve(live, id=UUID(int=3), refreshed_at=NOW + timedelta(hours=1))
    ended = (
        evolve(live, id=UUID(int=4), revoked=True),
        evolve(live, id=UUID(int=5), session_epoch=7),
        evolve(live, id=UUID(int=6), expires_at=NOW),
        evolve(live, id=UUID(int=7), user_id=user(2).id),
    )
    for family in (live, newer, *ended):
        families.add(family)
    assert families.list_live(user(1), NOW, 10) == (newer, live)
    assert families.list_live(user(1), NOW, 1) == (newer,)


def test_an_email_is_unique_among_users(registry: Container) -> None:
    users = registry.users()
    users.add(user(1), users.hash(PASSWORD))
    with pytest.raises(UserEmailTaken):
        users.add(user(2, email=user(1).email), users.hash("another one"))
    with pytest.raises(UserNotFound):
        users.get(user(2).id)
    assert users.verify(user(1).email, PASSWORD) == user(1)


def test_only_the_exact_password_verifies(registry: Container) -> None:
    users = registry.users()
    users.add(user(), users.hash(PASSWORD))
    assert users.verify(user().email, PASSWORD) == user()
    for wrong in ("", PASSWORD.upper(), PASSWORD + " ", PASSWORD[:-1], "\x00", "p" * 10_000):
        assert users.verify(user().email, wrong) is None


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_an_outdated_hash_is_replaced_and_the_password_still_verifies(registry: Container, database: str) -> None:
    users, rows = registry.users(), models.User.objects.using(database)
    hashers = [f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("MD5", "Scrypt")]
    with override_settings(PASSWORD_HASHERS=hashers):
        users.add(user(), make_password(PASSWORD, hasher="scrypt"))
        assert users.verify(user().email, "wrong") is None
        assert rows.get().password.startswith("scrypt$")
        assert users.verify(user().email, PASSWORD) == user()
        assert rows.get().password.startswith("md5$")
        assert users.verify(user().email, PASSWORD) == user()


def test_unknown_and_disabled_users_do_not_verify(registry: Container) -> None:
    users = registry.users()
    users.add(user(is_active=False), users.hash(PASSWORD))
    assert users.verify(user().email, PASSWORD) is None
    assert users.verify("nobody@example.org", PASSWORD) is None


@pytest.mark.parametrize("email", ["u1@example.org", "nobody@example.org"])
def test_a_password_that_cannot_be_encoded_does_not_verify(registry: Container, email: str) -> None:
    registry.users().add(user(1), registry.users().hash(PASSWORD))
    with pytest.raises((ValidationError, WrongCredentials)):
        registry.sign_in()(email=email, password="\ud800")


def test_a_conflicting_user_does_not_roll_back_the_rest_of_the_transaction(registry: Container) -> None:
    users = registry.users()

    def work() -> None:
        users.add(user(1), users.hash(PASSWORD))
        with pytest.raises(UserEmailTaken):
            users.add(user(2, email=user(1).email), users.hash(PASSWORD))
        users.add(user(3), users.hash(PASSWORD))

    registry.atomic()(work)
    assert [users.get(user(number).id) for number in (1, 3)] == [user(1), user(3)]


def locked(registry: Container, family_id: UUID) -> RefreshFamily | None:
    return registry.atomic()(lambda: registry.families().lock(family_id))


def test_a_family_is_returned_as_added_and_as_replaced(registry: Container) -> None:
    registry.users().add(user(), registry.users().hash(PASSWORD))
    families = registry.families()
    other = evolve(FAMILY, id=UUID(int=9))
    for family in (FAMILY, other):
        families.add(family)
    assert locked(registry, FAMILY.id) == FAMILY
    for newer in (
        evolve(FAMILY, token_id=UUID(int=3), expires_at=NOW + timedelta(days=1)),
        evolve(FAMILY, revoked=True),
        FAMILY,
    ):
        families.replace(newer)
        assert locked(registry, FAMILY.id) == newer
    assert locked(registry, other.id) == other
    assert families.get_with_user(other.id) == (other, registry.users().get(user().id))


def test_an_unknown_family_is_none(registry: Container) -> None:
    assert locked(registry, uuid4()) is None
    assert registry.families().get_with_user(uuid4()) is None


def test_locking_a_family_requires_a_transaction(registry: Container) -> None:
    registry.users().add(user(), registry.users().hash(PASSWORD))
    registry.families().add(FAMILY)
    for family_id in (FAMILY.id, uuid4()):
        with pytest.raises(TransactionRequired):
            registry.families().lock(family_id)
