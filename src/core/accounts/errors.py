from core.errors import Conflict, Forbidden, NotFound, Unauthenticated


class AccountNotFound(NotFound):
    kind = "account-not-found"
    message = "There never was an account with this id."


class UserNotFound(NotFound):
    kind = "user-not-found"
    message = "There is no user with this id."


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
        "Another service account already has this name. Names are never given twice, as the audit trail keeps them."
    )


class ServiceKeyNotFound(NotFound):
    kind = "service-key-not-found"
    message = "This service account has no key with this id."


class TooManyKeys(Conflict):
    kind = "too-many-keys"
    message = "This service account has two live keys already. Revoke one first."


class WrongCredentials(Unauthenticated):
    """Says as much for an unknown email and a disabled user as for a wrong password."""

    kind = "wrong-credentials"
    message = "The email or the password is wrong."


class PasswordChangeRequired(Forbidden):
    kind = "password-change-required"
    message = "Somebody else chose your password. Change it first, then go on."


class TokenRefused(Unauthenticated):
    kind = "token-refused"
    message = "The token is not valid, or no longer. Sign in again."
