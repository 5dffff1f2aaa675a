"""Who acts, and what they may do."""

from enum import StrEnum
from uuid import UUID, uuid4

from attrs import frozen

from core.errors import Forbidden


class Permission(StrEnum):
    VIEW_PATIENTS = "patients.view"
    REGISTER_PATIENTS = "patients.register"
    UPDATE_PATIENTS = "patients.update"
    SYNC_PATIENTS = "patients.sync"
    ERASE_PATIENTS = "patients.erase"
    MANAGE_USERS = "users.manage"


class Role(StrEnum):
    READER = "reader"
    CLERK = "clerk"
    ADMIN = "admin"
    AUTHOR = "author"
    EDITOR = "editor"

    @property
    def permissions(self) -> frozenset[Permission]:
        return PERMISSIONS[self]


_READER = frozenset({Permission.VIEW_PATIENTS})
_CLERK = _READER | {Permission.REGISTER_PATIENTS, Permission.UPDATE_PATIENTS, Permission.SYNC_PATIENTS}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.READER: _READER,
    Role.CLERK: _CLERK,
    Role.ADMIN: frozenset(Permission),
    Role.AUTHOR: frozenset(),
    Role.EDITOR: frozenset(),
}


@frozen
class Actor:
    """Who asks. `name` stands in the audit trail (`user:<id>` or `system:<job>`), `request_id` ties it to the logs."""

    name: str
    permissions: frozenset[Permission]
    request_id: str

    @classmethod
    def user(cls, user_id: UUID, role: Role, request_id: str) -> "Actor":
        return cls(f"user:{user_id}", role.permissions, request_id)

    @classmethod
    def system(cls, job: str) -> "Actor":
        """A script or job that acts on the operator's behalf and may do everything."""
        return cls(f"system:{job}", frozenset(Permission), str(uuid4()))

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        if not self.may(permission):
            raise Forbidden(f"You may not do this: it needs the permission {permission}.")
