from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.accounts.ports import UserRepository


@frozen
class NameActors:
    """What people call the actors of events: users by email, for those who may see users, services and scripts by name.
    None for the others. However many there are, they are read at once."""

    users: UserRepository

    def __call__(self, *, actor: Actor, names: Iterable[str]) -> dict[str, str | None]:
        ids = {name: user_id for name in names if (user_id := _user_id(name))}
        emails = self.users.emails(set(ids.values()) if actor.may(Permission.MANAGE_USERS) else set())
        return {name: emails.get(ids[name]) if name in ids else name.partition(":")[2] or None for name in names}


def _user_id(name: str) -> UUID | None:
    kind, _, value = name.partition(":")
    with suppress(ValueError):
        return UUID(value) if kind == "user" else None
    return None
