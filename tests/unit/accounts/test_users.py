import pytest

from bootstrap import Container
from core.access import Role
from core.accounts.entities import User
from core.accounts.errors import UserEmailTaken, UserNotFound
from core.errors import Invalid
from tests.fakes import ADMIN, NOW
from tests.unit.accounts.conftest import PASSWORD


def test_a_new_user_is_active_in_one_role(registry: Container, ada: User) -> None:
    assert (ada.email, ada.role, ada.is_active, ada.created_at) == ("ada@example.org", Role.CLERK, True, NOW)
    assert registry.users().get(ada.id) == ada


def test_two_users_never_share_an_email_however_it_is_written(registry: Container, ada: User) -> None:
    with pytest.raises(UserEmailTaken):
        registry.create_user()(actor=ADMIN, email=" ADA@example.org", password=PASSWORD, role="reader")
    assert list(registry.store().users.values()) == [ada]


def test_every_fault_of_a_new_user_is_reported_at_once(registry: Container) -> None:
    with pytest.raises(Invalid) as refused:
        registry.create_user()(actor=ADMIN, email="ada", password="short", role="boss")
    faults = {fault.field: fault.code for fault in refused.value.faults}
    assert faults == {"email": "invalid", "password": "length", "role": "choice"}
    assert registry.store().users == {}


@pytest.mark.parametrize(("length", "taken"), [(9, False), (10, True), (256, True), (257, False)])
def test_a_password_has_10_to_256_characters(registry: Container, length: int, taken: bool) -> None:
    create = registry.create_user()
    if taken:
        create(actor=ADMIN, email="ada@example.org", password="x" * length, role="reader")
        assert registry.sign_in()(email="ada@example.org", password="x" * length)
    else:
        with pytest.raises(Invalid):
            create(actor=ADMIN, email="ada@example.org", password="x" * length, role="reader")


def test_a_password_that_no_text_encoding_knows_is_refused(registry: Container) -> None:
    with pytest.raises(Invalid):
        registry.create_user()(actor=ADMIN, email="ada@example.org", password="\ud800" * 10, role="reader")


def test_a_user_prints_as_the_id(ada: User) -> None:
    assert repr(ada) == f"<User {ada.id}>"


def test_an_unknown_user_is_not_found(registry: Container, ada: User) -> None:
    registry.store().users.clear()
    with pytest.raises(UserNotFound):
        registry.users().get(ada.id)
