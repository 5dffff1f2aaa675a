from time import time
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import InternalError, OperationalError

SIGNED_IN_AT = "signed_in_at"


class SessionStore(db.SessionStore):
    """The sessions of the admin site and the console. Each request writes the session, to restart its idle time. When
    the database is read-only, requests that do not change the session still succeed."""

    def load(self) -> dict[str, Any]:
        """Nobody is signed in `SESSION_LASTS` seconds after the sign-in."""
        data = super().load()
        if SESSION_KEY in data and time() - data.get(SIGNED_IN_AT, 0) >= settings.SESSION_LASTS:
            self._session_key = None
            return {}
        return data

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            if self.modified or not isinstance(error.__context__, OperationalError | InternalError):
                raise
