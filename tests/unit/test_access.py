from uuid import uuid4

import pytest

from core.access import Actor, Permission, Role
from core.errors import Forbidden

SIGNED_IN = {Permission.VIEW_POSTS, Permission.COMMENT_POSTS}
READS = {*SIGNED_IN, Permission.VIEW_PATIENTS}
WRITES = {
    Permission.REGISTER_PATIENTS,
    Permission.MATCH_PATIENTS,
    Permission.REVIEW_PATIENTS,
    Permission.MERGE_PATIENTS,
    Permission.UPDATE_PATIENTS,
    Permission.SYNC_PATIENTS,
    Permission.IMPORT_PATIENTS,
    Permission.EXPORT_PATIENTS,
    Permission.MANAGE_JOBS,
}


@pytest.mark.parametrize(
    ("role", "permissions"),
    [
        (Role.READER, READS),
        (Role.CLERK, READS | WRITES),
        (Role.ADMIN, set(Permission)),
        (Role.AUTHOR, {*SIGNED_IN, Permission.WRITE_POSTS}),
        (Role.EDITOR, {*SIGNED_IN, Permission.WRITE_POSTS, Permission.EDIT_POSTS}),
    ],
)
def test_each_role_has_exactly_its_permissions(role: Role, permissions: set[Permission]) -> None:
    assert role.permissions == permissions


def test_only_admins_erase_manage_users_and_run_jobs() -> None:
    for permission in (
        Permission.ERASE_PATIENTS,
        Permission.MANAGE_USERS,
        Permission.RUN_JOBS,
        Permission.CONFIRM_JOBS,
        Permission.UNDO_JOBS,
    ):
        assert [role for role in Role if permission in role.permissions] == [Role.ADMIN]


def test_a_user_acts_by_id_in_a_role_for_one_request() -> None:
    user_id = uuid4()
    actor = Actor.user(user_id, Role.READER, "request-1")
    assert (actor.name, actor.request_id) == (f"user:{user_id}", "request-1")
    assert actor.permissions == Role.READER.permissions


def test_a_key_acts_under_the_name_of_its_service_account() -> None:
    actor = Actor.service("lab-import", Role.CLERK.permissions, "request-1")
    assert (actor.name, actor.request_id) == ("service:lab-import", "request-1")
    assert actor.permissions == Role.CLERK.permissions


def test_anonymous_callers_may_only_read_posts() -> None:
    assert Actor.anonymous("request-1").permissions == {Permission.VIEW_POSTS}


def test_an_operator_job_has_every_permission_and_its_own_request_id() -> None:
    one, other = Actor.system("nightly"), Actor.system("nightly")
    assert one.name == "system:nightly"
    assert all(one.may(permission) for permission in Permission)
    assert one.request_id != other.request_id


def test_a_missing_permission_is_named() -> None:
    reader = Actor.user(uuid4(), Role.READER, "request-1")
    reader.require(Permission.VIEW_PATIENTS)
    with pytest.raises(Forbidden, match=r"patients\.erase"):
        reader.require(Permission.ERASE_PATIENTS)
