from uuid import UUID

from attrs import frozen

from core.access import Actor
from core.accounts.errors import TokenRefused, UserNotFound
from core.accounts.ports import ServiceAccounts, Tokens, UserRepository
from core.accounts.services import read_key
from core.accounts.sessions import SignedIn
from core.ports import Clock


@frozen
class Authenticate:
    """Who sends a bearer token: a person's access token, or a machine's key.

    The account is read each time: who is disabled, demoted or signed out everywhere is so at once.
    Raises `TokenRefused`.
    """

    users: UserRepository
    services: ServiceAccounts
    tokens: Tokens
    clock: Clock

    def __call__(self, *, access: str, request_id: str) -> SignedIn:
        key = read_key(access)
        return self._user(access, request_id) if key is None else self._service(*key, request_id)

    def _user(self, access: str, request_id: str) -> SignedIn:
        user_id, generation = self.tokens.read_access(access)
        try:
            user = self.users.get(user_id)
        except UserNotFound:
            raise TokenRefused from None
        if not user.is_active or user.generation != generation:
            raise TokenRefused
        return SignedIn(user, Actor.user(user.id, user.role, request_id))

    def _service(self, key_id: UUID, secret: str, request_id: str) -> SignedIn:
        account = self.services.holding(key_id)
        if account is None or not account.is_active:
            raise TokenRefused
        key = account.key(key_id)
        if not key.opens_with(secret) or not key.is_live(self.clock.now()):
            raise TokenRefused
        return SignedIn(account, Actor.service(account.name, account.role, request_id))
