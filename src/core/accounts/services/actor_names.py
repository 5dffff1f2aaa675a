from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.accounts.ports import UserRepository


@frozen
class ActorNames:
    """Display names for the actors of events, in one query: the email of a user, the name of a service or script.

    None for an anonymous actor, and for users if the caller may not manage users.
    """

    users: UserRepository

    def of(self, actor: Actor, names: Iterable[str]) -> dict[str, str | None]:
        ids = {name: user_id for name in names if (user_id := _user_id(name))}
        emails = self.users.emails(set(ids.values()) if actor.may(Permission.MANAGE_USERS) else set())
        return {name: emails.get(ids[name]) if name in ids else name.partition(":")[2] or None for name in names}


def _user_id(name: str) -> UUID | None:
    kind, _, value = name.partition(":")
    with suppress(ValueError):
        return UUID(value) if kind == "user" else None
    return None
