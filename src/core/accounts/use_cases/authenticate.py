from contextlib import suppress
from uuid import UUID

from attrs import frozen

from core.access import Actor
from core.accounts.entities import User
from core.accounts.errors import KeyOutsideNetworks, PasswordChangeRequired, TokenRefused
from core.accounts.ports import RefreshFamilyRepository, ServiceAccountRepository, TokenService
from core.accounts.service_keys import parse_key
from core.accounts.sessions import Principal, RefreshFamily
from core.errors import Unavailable
from core.ports import Clock


@frozen
class Authenticate:
    """Authenticates a bearer token: the access token of a user or the key of a service account.

    Reads the account and the session on every call, so that changes take effect with the next request. A user who must
    change the password first is rejected unless `before_password_change`. `address` is the client's IP address: a key
    that is limited to networks works only from there.
    Raises `TokenRefused`, `KeyOutsideNetworks`, `PasswordChangeRequired`.
    """

    families: RefreshFamilyRepository
    service_accounts: ServiceAccountRepository
    tokens: TokenService
    clock: Clock

    def __call__(
        self, *, access: str, request_id: str, address: str = "", before_password_change: bool = False
    ) -> Principal:
        key = parse_key(access)
        if key is not None:
            return self._service(*key, request_id, address)
        family, user = self._session(access)
        if user.must_change_password and not before_password_change:
            raise PasswordChangeRequired
        return Principal(user, Actor.user(user.id, user.role, request_id, address), family.id)

    def _session(self, access: str) -> tuple[RefreshFamily, User]:
        found = self.families.get_with_user(self.tokens.read_access(access))
        if found is None:
            raise TokenRefused
        family, user = found
        if not family.is_live(self.clock.now(), user):
            raise TokenRefused
        return family, user

    def _service(self, key_id: UUID, secret: str, request_id: str, address: str) -> Principal:
        account = self.service_accounts.get_by_key(key_id)
        if account is None or not account.is_active:
            raise TokenRefused
        key = account.key(key_id)
        now = self.clock.now()
        if not key.matches(secret) or not key.is_live(now):
            raise TokenRefused
        if not key.works_from(address):
            raise KeyOutsideNetworks(account.name, key.id)
        if key.use_is_due(now):
            with suppress(Unavailable):  # a store that cannot be written to still answers
                self.service_accounts.mark_used(key.id, now)
        permissions = key.permissions_in(account.role)
        return Principal(account, Actor.service(account.name, permissions, request_id, address))
