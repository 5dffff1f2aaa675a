from uuid import UUID

from core.errors import Conflict, Forbidden, NotFound, Unauthenticated


class AccountNotFound(NotFound):
    kind = "account-not-found"
    message = "There is no account with this id."


class UserNotFound(NotFound):
    kind = "user-not-found"
    message = "There is no user with this id."


class UserDisabled(Conflict):
    kind = "user-disabled"
    message = "This user is disabled. Enable the user first."


class UserEmailTaken(Conflict):
    kind = "user-email-taken"
    message = "Another user already signs in with this email."


class LastAdmin(Conflict):
    kind = "last-admin"
    message = "This is the last active admin. Make another user an admin first."


class ServiceAccountNotFound(NotFound):
    kind = "service-account-not-found"
    message = "There is no service account with this id."


class ServiceNameTaken(Conflict):
    kind = "service-name-taken"
    message = (
        "Another service account already has this name. Names are never reused, because the audit trail refers to them."
    )


class ServiceKeyNotFound(NotFound):
    kind = "service-key-not-found"
    message = "This service account has no key with this id."


class TooManyKeys(Conflict):
    kind = "too-many-keys"
    message = "This service account already has two active keys. Revoke one first."


class WrongCredentials(Unauthenticated):
    """The same error for an unknown email, a disabled user and a wrong password."""

    kind = "wrong-credentials"
    message = "The email or the password is wrong."


class PasswordChangeRequired(Forbidden):
    kind = "password-change-required"
    message = "Another user set your password. Change it first."


class SessionNotFound(NotFound):
    kind = "session-not-found"
    message = "There is no session with this id."


class ResetCodeRefused(Unauthenticated):
    """The same error for an unknown, replaced, used or expired code, and for a disabled user."""

    kind = "reset-code-refused"
    message = "The code is wrong, was used or has expired. Ask an admin for a new one."


class TokenRefused(Unauthenticated):
    kind = "token-refused"
    message = "The token is invalid or has expired. Sign in again."


class KeyOutsideNetworks(TokenRefused):
    """A valid key that was sent from outside its networks. The answer is the same as for any other refused token; the
    access log names the account and the key."""

    def __init__(self, account_name: str, key_id: UUID) -> None:
        super().__init__()
        self.account_name = account_name
        self.key_id = key_id
