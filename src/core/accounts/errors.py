from core.errors import Conflict, NotFound, Unauthenticated


class UserNotFound(NotFound):
    kind = "user-not-found"
    message = "There is no user with this id."


class UserEmailTaken(Conflict):
    kind = "user-email-taken"
    message = "Another user already signs in with this email."


class WrongCredentials(Unauthenticated):
    """Says as much for an unknown email and a disabled user as for a wrong password."""

    kind = "wrong-credentials"
    message = "The email or the password is wrong."


class TokenRefused(Unauthenticated):
    kind = "token-refused"
    message = "The token is not valid, or no longer. Sign in again."
