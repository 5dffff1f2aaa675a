from uuid import UUID

from attrs import frozen

from core.access import Actor
from core.accounts.entities import User
from core.accounts.errors import PasswordChangeRequired, TokenRefused
from core.accounts.ports import RefreshFamilyRepository, ServiceAccountRepository, TokenService
from core.accounts.service_accounts import parse_key
from core.accounts.sessions import SignedIn
from core.ports import Clock


@frozen
class Authenticate:
    """Who sends a bearer token: a person's access token, or a machine's key.

    The account and the session are read each time, at once: a change of either holds from the next request on. A
    password that somebody else chose has to be changed before anything else is done, but for what is allowed
    `before_password_change`. Raises `TokenRefused`, `PasswordChangeRequired`.
    """

    families: RefreshFamilyRepository
    services: ServiceAccountRepository
    tokens: TokenService
    clock: Clock

    def __call__(self, *, access: str, request_id: str, before_password_change: bool = False) -> SignedIn:
        key = parse_key(access)
        if key is not None:
            return self._service(*key, request_id)
        user = self._user(access)
        if user.must_change_password and not before_password_change:
            raise PasswordChangeRequired
        return SignedIn(user, Actor.user(user.id, user.role, request_id))

    def _user(self, access: str) -> User:
        found = self.families.get_with_user(self.tokens.read_access(access))
        if found is None:
            raise TokenRefused
        family, user = found
        if not family.is_live(self.clock.now(), user):
            raise TokenRefused
        return user

    def _service(self, key_id: UUID, secret: str, request_id: str) -> SignedIn:
        account = self.services.get_by_key(key_id)
        if account is None or not account.is_active:
            raise TokenRefused
        key = account.key(key_id)
        if not key.opens_with(secret) or not key.is_live(self.clock.now()):
            raise TokenRefused
        return SignedIn(account, Actor.service(account.name, account.role, request_id))
