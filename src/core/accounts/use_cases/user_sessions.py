"""The sessions of a user, for admins."""

from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.accounts.audit import AccountAction
from core.accounts.errors import SessionNotFound
from core.accounts.ports import RefreshFamilyRepository, UserRepository
from core.accounts.services.recorder import AccountRecorder
from core.accounts.sessions import MAX_SESSIONS, RefreshFamily
from core.ports import Atomic, Clock


@frozen
class ListUserSessions:
    """The latest sessions of the user that have not ended, by the last refresh.

    Raises `Forbidden`, `UserNotFound`.
    """

    users: UserRepository
    families: RefreshFamilyRepository
    clock: Clock

    def __call__(self, *, actor: Actor, user_id: UUID) -> tuple[RefreshFamily, ...]:
        actor.require(Permission.MANAGE_USERS)
        return self.families.list_live(self.users.get(user_id), self.clock.now(), MAX_SESSIONS)


@frozen
class EndUserSession:
    """Ends a session of the user, including its access tokens. Idempotent.

    Raises `Forbidden`, `UserNotFound`, `SessionNotFound`.
    """

    users: UserRepository
    families: RefreshFamilyRepository
    recorder: AccountRecorder
    atomic: Atomic
    clock: Clock

    def __call__(self, *, actor: Actor, user_id: UUID, session_id: UUID) -> None:
        actor.require(Permission.MANAGE_USERS)
        actor.require_all(self.users.get(user_id).role.permissions)
        now = self.clock.now()

        def end() -> None:
            family = self.families.lock(session_id)
            if family is None or family.user_id != user_id:
                raise SessionNotFound
            if not family.revoked:
                self.families.replace(evolve(family, revoked=True))
                ended = {"session_id": str(session_id)}
                self.recorder.record(actor, now, user_id, AccountAction.SESSION_ENDED, **ended)

        self.atomic(end)


@frozen
class EndUserSessions:
    """Ends all sessions of the user, in browsers as well. A one-time code that was made before is refused, too.

    Raises `Forbidden`, `UserNotFound`.
    """

    users: UserRepository
    recorder: AccountRecorder
    atomic: Atomic
    clock: Clock

    def __call__(self, *, actor: Actor, user_id: UUID) -> None:
        actor.require(Permission.MANAGE_USERS)
        now = self.clock.now()

        def end() -> None:
            user = self.users.lock(user_id)
            actor.require_all(user.role.permissions)
            self.users.replace(user.signed_out())
            self.recorder.record(actor, now, user_id, AccountAction.SESSIONS_ENDED)

        self.atomic(end)
