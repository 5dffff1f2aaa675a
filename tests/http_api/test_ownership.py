"""What belongs to one account, and is not for another one with the same role. `test_roles.py` has the posts."""

from uuid import UUID

import pytest

from bootstrap import Container
from core.access import Role
from core.accounts.entities import User
from tests.fakes import details
from tests.http_api.client import Api
from tests.http_api.conftest import COLLEAGUE, PASSWORD, SETUP
from tests.http_api.problems import kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[Role.READER, Role.CLERK, Role.AUTHOR, Role.EDITOR, Role.ADMIN])
def role(request: pytest.FixtureRequest) -> Role:
    return request.param


@pytest.fixture
def two(registry: Container, role: Role) -> tuple[Api, Api]:
    """Clients of two users with the role."""
    return new_user(registry, role, "one"), new_user(registry, role, "two")


def new_user(registry: Container, role: Role, name: str) -> Api:
    email = f"{name}@clinic.example"
    registry.create_user()(actor=SETUP, email=email, password=PASSWORD, role=role)
    return Api(registry.sign_in()(email=email, password=PASSWORD).access)


def test_a_comment_is_removed_by_its_author_and_by_editors(two: tuple[Api, Api], role: Role, post_id: UUID) -> None:
    one, other = two
    path = f"posts/{post_id}/comments/"
    comment = one.post(path, {"content": "Thanks."}).json()
    may_edit = role in {Role.EDITOR, Role.ADMIN}
    assert other.delete(f"{path}{comment['id']}/").status_code == (204 if may_edit else 403)
    assert one.delete(f"{path}{comment['id']}/").status_code == (404 if may_edit else 204)


def test_only_its_user_sees_and_ends_a_session(two: tuple[Api, Api]) -> None:
    one, other = two
    (own,) = one.get("auth/sessions/").json()["results"]
    (others,) = other.get("auth/sessions/").json()["results"]
    assert own["id"] != others["id"]
    assert kind(other.delete(f"auth/sessions/{own['id']}/")) == "session-not-found"
    assert one.get("users/me/").status_code == 200
    assert one.delete(f"auth/sessions/{own['id']}/").status_code == 204
    assert (one.get("users/me/").status_code, other.get("users/me/").status_code) == (401, 200)


def test_a_stored_response_is_only_for_its_account(registry: Container, account_id: UUID) -> None:
    request = ("POST", "patients/", details(), {"Idempotency-Key": "k1"})
    key = registry.create_service_key()(actor=SETUP, account_id=account_id, name="key")[1]
    clerks = [new_user(registry, Role.CLERK, "one"), new_user(registry, Role.CLERK, "two"), Api(key)]
    assert [clerk.call(*request).status_code for clerk in clerks] == [201, 409, 409]
    assert clerks[0].call(*request)["Idempotency-Replayed"] == "true"


def test_a_code_sets_only_the_password_of_its_user(registry: Container, colleague: User, reader: Api) -> None:
    code = registry.issue_password_reset()(actor=SETUP, user_id=colleague.id)[1]
    new = {"email": COLLEAGUE["email"], "password": "battery staple"}
    assert reader.post("auth/password-reset/", {"code": code, "password": new["password"]}).status_code == 204
    assert reader.get("users/me/").status_code == 200
    assert Api().post("auth/token/", {"email": "reader@clinic.example", "password": PASSWORD}).status_code == 200
    assert Api().post("auth/token/", new).status_code == 200


def test_everyone_who_manages_jobs_sees_a_job_and_its_requester(registry: Container) -> None:
    one, other = new_user(registry, Role.CLERK, "one"), new_user(registry, Role.CLERK, "two")
    path = f"sync-jobs/{one.post('sync-jobs/', {}).json()['id']}/"
    assert other.get(path).json()["requested_by"] == f"user:{one.get('users/me/').json()['id']}"
    assert other.post(f"{path}cancel/").status_code == 200
    assert one.get(path).json()["state"] == "cancelled"


def test_data_of_one_record_is_not_found_under_another(
    admin: Api, registry: Container, post_id: UUID, comment_id: UUID, key_id: UUID
) -> None:
    post = admin.post("posts/", {"title": "Hours", "content": "9 to 5."}).json()["id"]
    admin.post(f"posts/{post}/publish/")
    account = admin.post("service-accounts/", {"name": "other-lab", "role": "clerk"}).json()["id"]
    assert kind(admin.delete(f"posts/{post}/comments/{comment_id}/")) == "comment-not-found"
    assert kind(admin.delete(f"service-accounts/{account}/keys/{key_id}/")) == "service-key-not-found"
    assert len(admin.get(f"posts/{post_id}/comments/").json()["results"]) == 1
