from uuid import UUID

from attrs import frozen

from core.access import Permission, Role
from core.accounts.errors import UserNotFound
from core.accounts.ports import ServiceAccountRepository, UserRepository
from core.jobs.ports import JobRequesters


@frozen
class AccountRequesters(JobRequesters):
    """Looks the accounts of the registry up by the names of their actors. An actor of a script's own names none of them
    and may continue."""

    users: UserRepository
    service_accounts: ServiceAccountRepository

    def may_continue(self, actor: str) -> bool:
        kind, _, name = actor.partition(":")
        if kind == "service":
            return any(
                _may(one.is_active, one.role)
                for one in self.service_accounts.find(name=name, after=None, limit=1).items
            )
        if kind != "user" or (user_id := _uuid(name)) is None:
            return True
        try:
            user = self.users.get(user_id)
        except UserNotFound:
            return False
        return _may(user.is_active, user.role)


def _may(is_active: bool, role: Role) -> bool:
    return is_active and Permission.MANAGE_JOBS in role.permissions


def _uuid(raw: str) -> UUID | None:
    try:
        return UUID(raw)
    except ValueError:
        return None
