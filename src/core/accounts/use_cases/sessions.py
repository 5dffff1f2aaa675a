from uuid import UUID

from attrs import evolve, frozen

from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.accounts.entities import User
from core.accounts.errors import SessionNotFound
from core.accounts.ports import RefreshFamilyRepository
from core.accounts.sessions import MAX_SESSIONS, Principal, RefreshFamily
from core.ports import Atomic, Clock


@frozen
class ListOwnSessions:
    """The latest sessions of the user that have not ended, by the last refresh. A service account has none."""

    families: RefreshFamilyRepository
    clock: Clock

    def __call__(self, *, principal: Principal) -> tuple[RefreshFamily, ...]:
        user = principal.account
        return self.families.list_live(user, self.clock.now(), MAX_SESSIONS) if isinstance(user, User) else ()


@frozen
class EndOwnSession:
    """Ends a session of the user, including its access tokens. Idempotent. Raises `SessionNotFound`."""

    families: RefreshFamilyRepository
    atomic: Atomic
    accesses: AccessRecorder

    def __call__(self, *, principal: Principal, session_id: UUID) -> None:
        def end() -> None:
            family = self.families.lock(session_id)
            if family is None or family.user_id != principal.account.id:
                raise SessionNotFound
            self.families.replace(evolve(family, revoked=True))

        self.atomic(end)
        self.accesses.record(principal.actor, AccessAction.SIGNED_OUT)
