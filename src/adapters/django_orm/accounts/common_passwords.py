from functools import cache

from attrs import frozen
from django.contrib.auth.password_validation import CommonPasswordValidator

from core.accounts.ports import BreachedPasswords


@frozen
class CommonPasswords(BreachedPasswords):
    """The 20,000 most common passwords, which Django ships in lower case."""

    def contains(self, password: str) -> bool:
        return password.lower().strip() in _list().passwords


@cache
def _list() -> CommonPasswordValidator:
    return CommonPasswordValidator()
