from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import InternalError, OperationalError


class SessionStore(db.SessionStore):
    """Each request begins the idle time again, which is written. A database that only reads is no reason to refuse what
    only reads."""

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            if self.modified or not isinstance(error.__context__, OperationalError | InternalError):
                raise
