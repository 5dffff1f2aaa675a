from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import InternalError, OperationalError


class SessionStore(db.SessionStore):
    """Each request writes the session, to restart its idle time. When the database is read-only, requests that do not
    change the session still succeed."""

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            if self.modified or not isinstance(error.__context__, OperationalError | InternalError):
                raise
