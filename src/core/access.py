"""Roles, permissions and actors."""

from enum import StrEnum
from uuid import UUID, uuid4

from attrs import frozen

from core.errors import Forbidden


class Permission(StrEnum):
    VIEW_PATIENTS = "patients.view"
    REGISTER_PATIENTS = "patients.register"
    MATCH_PATIENTS = "patients.match"
    REVIEW_PATIENTS = "patients.review"
    MERGE_PATIENTS = "patients.merge"
    UPDATE_PATIENTS = "patients.update"
    SYNC_PATIENTS = "patients.sync"
    ERASE_PATIENTS = "patients.erase"
    IMPORT_PATIENTS = "patients.import"
    EXPORT_PATIENTS = "patients.export"
    SUBJECT_ACCESS = "patients.subject_access"
    RESTART_CHANGES = "patients.restart_changes"
    MANAGE_JOBS = "jobs.manage"
    CONFIRM_JOBS = "jobs.confirm"
    UNDO_JOBS = "jobs.undo"
    RUN_JOBS = "jobs.run"
    VIEW_POSTS = "posts.view"
    COMMENT_POSTS = "posts.comment"
    WRITE_POSTS = "posts.write"
    EDIT_POSTS = "posts.edit"
    MANAGE_USERS = "users.manage"
    MANAGE_UPSTREAMS = "upstreams.manage"
    VIEW_AUDIT = "audit.view"
    BACK_UP = "registry.back_up"
    RESTORE = "registry.restore"


class Role(StrEnum):
    READER = "reader"
    CLERK = "clerk"
    ADMIN = "admin"
    AUTHOR = "author"
    EDITOR = "editor"

    @property
    def permissions(self) -> frozenset[Permission]:
        return PERMISSIONS[self]


ANONYMOUS_PERMISSIONS = frozenset({Permission.VIEW_POSTS})
_SIGNED_IN = ANONYMOUS_PERMISSIONS | {Permission.COMMENT_POSTS}
_READER = _SIGNED_IN | {Permission.VIEW_PATIENTS}
_CLERK = _READER | {
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

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.READER: _READER,
    Role.CLERK: _CLERK,
    Role.ADMIN: frozenset(Permission),
    Role.AUTHOR: _SIGNED_IN | {Permission.WRITE_POSTS},
    Role.EDITOR: _SIGNED_IN | {Permission.WRITE_POSTS, Permission.EDIT_POSTS},
}


@frozen
class Actor:
    """Performs use cases. `name` appears in the audit trail and marks the owner of a record: `user:<id>`,
    `service:<name>`, `system:<job>` or `anonymous`. `request_id` links its events with the logs. `job_id` is the
    background job in which it acts, `address` the client's IP address."""

    name: str
    permissions: frozenset[Permission]
    request_id: str
    job_id: UUID | None = None
    address: str = ""

    @classmethod
    def user(cls, user_id: UUID, role: Role, request_id: str, address: str = "") -> "Actor":
        return cls(f"user:{user_id}", role.permissions, request_id, address=address)

    @classmethod
    def service(cls, name: str, permissions: frozenset[Permission], request_id: str, address: str = "") -> "Actor":
        """Another system, with the name of its service account and the permissions of its key."""
        return cls(f"service:{name}", permissions, request_id, address=address)

    @classmethod
    def anonymous(cls, request_id: str, address: str = "") -> "Actor":
        return cls("anonymous", ANONYMOUS_PERMISSIONS, request_id, address=address)

    @classmethod
    def system(cls, job: str) -> "Actor":
        """A script or job of the operator, with all permissions."""
        return cls(f"system:{job}", frozenset(Permission), str(uuid4()))

    @property
    def is_operator(self) -> bool:
        """Whether the actor is a script or job of the operator, not a signed-in account."""
        return self.name.startswith("system:")

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raises `Forbidden`."""
        if not self.may(permission):
            raise Forbidden(f"You may not do this: it needs the permission {permission}.")

    def require_all(self, permissions: frozenset[Permission]) -> None:
        """For managing an account with these permissions: nobody gives, or takes over, more than they have.

        Raises `Forbidden`.
        """
        if missing := permissions - self.permissions:
            raise Forbidden(f"You may not do this: the account has permissions that you lack, such as {min(missing)}.")
