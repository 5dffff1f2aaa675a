from attrs import frozen

from core.access import Actor
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.accounts.entities import User
from core.accounts.errors import WrongCredentials
from core.accounts.passwords import parse_password
from core.accounts.ports import SignInHistory, UserRepository
from core.errors import ErrorCollector, TooManyRequests
from core.ports import ConcurrencyLimiter, RateLimiter, RateLimitScope
from core.values import network_prefix, parse_email


@frozen
class PasswordVerifier:
    """Verifies passwords and limits attempts, so that nobody can guess one.

    Attempts are limited per address and email together, and with higher limits per address and per email. Attempts
    from a network where this account signed in recently count separately, and are slowed down to one a second at most:
    attackers elsewhere cannot lock the owner out.

    A check keeps a processor busy for a third of a second. Callers from elsewhere share a few places in each process,
    so that others get threads and processors, too; more are refused at once.
    """

    users: UserRepository
    limiter: RateLimiter
    checks: ConcurrencyLimiter
    history: SignInHistory
    accesses: AccessRecorder

    def verify(self, *, email: str, password: str, caller: Actor) -> User:
        """Raises `ValidationError`, `WrongCredentials`, `TooManyRequests`."""
        errors = ErrorCollector()
        parsed_email, parsed_password, origin = "", "", network_prefix(caller.address)
        with errors.field("email"):
            parsed_email = parse_email(email)
        with errors.field("password"):
            parsed_password = parse_password(password)
        errors.raise_if_any()
        user = self._limited(parsed_email, parsed_password, origin)
        if user is None:
            digest = self.accesses.digest({"email": parsed_email})
            self.accesses.record(caller, AccessAction.SIGN_IN_FAILED, detail=digest)
            raise WrongCredentials
        self.history.remember(parsed_email, origin)
        return user

    def _limited(self, email: str, password: str, origin: str) -> User | None:
        pair, knows = f"{origin} {email}", self.history.knows(email, origin)
        release = self.checks.acquire(pair if knows else "")
        try:
            self._count_attempt(email, origin, pair, knows=knows)
            return self.users.verify(email, password)
        finally:
            release()

    def _count_attempt(self, email: str, origin: str, pair: str, *, knows: bool) -> None:
        if knows:
            try:
                self.limiter.acquire(RateLimitScope.SIGN_IN, pair)
            except TooManyRequests:
                self.limiter.acquire(RateLimitScope.SIGN_IN_KNOWN, pair)
        else:
            self.limiter.acquire(RateLimitScope.SIGN_IN_ADDRESS, origin)
            self.limiter.acquire(RateLimitScope.SIGN_IN, pair)
            self.limiter.acquire(RateLimitScope.SIGN_IN_EMAIL, email)
