"""One-time codes with which users set a new password after they lost theirs."""

import re
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from attrs import field, frozen

from core.access import Role
from core.accounts.entities import User
from core.accounts.errors import ResetCodeRefused
from core.values import parse_str

RESET_LIFETIME = timedelta(hours=1)
MAX_CODE_LENGTH = 100  # as it is typed
_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: 5 bits each, and none looks like another
_GROUPS, _GROUP_LENGTH = 4, 5  # 100 bits
_CODE = re.compile(f"[{_SYMBOLS}]{{{_GROUPS * _GROUP_LENGTH}}}")
_LOOK_ALIKES = str.maketrans("OIL", "011", "- ")


def parse_code(raw: object) -> str:
    """In normal form. Ignores case, spaces and hyphens, and reads O, I and L as the digits that they look like.

    Raises `ResetCodeRefused` for any other text, and `InvalidValue` for what is no text.
    """
    text = parse_str(raw)
    code = text.upper().translate(_LOOK_ALIKES) if len(text) <= MAX_CODE_LENGTH else ""
    if not _CODE.fullmatch(code):
        raise ResetCodeRefused
    return code


def digest_of(code: str) -> str:
    """Of a code in normal form. A fast hash is enough: the code is random and too long to guess."""
    return sha256(code.encode()).hexdigest()


@frozen(kw_only=True)
class PasswordReset:
    """The outstanding code of a user. Setting a password, disabling the user and the use of the code all change the
    user's session epoch, which makes the code invalid. It is valid for `role` alone, because the one who made it may
    lack the permissions of another."""

    user_id: UUID
    role: Role = field(converter=Role)
    session_epoch: int
    digest: str = field(repr=False)
    expires_at: datetime

    @classmethod
    def make(cls, user: User, now: datetime) -> tuple["PasswordReset", str]:
        """Returns the reset and its code, which is not stored."""
        groups = ["".join(secrets.choice(_SYMBOLS) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)]
        reset = cls(
            user_id=user.id,
            role=user.role,
            session_epoch=user.session_epoch,
            digest=digest_of("".join(groups)),
            expires_at=now + RESET_LIFETIME,
        )
        return reset, "-".join(groups)

    def is_valid(self, user: User, now: datetime) -> bool:
        same_user = user.session_epoch == self.session_epoch and user.role == self.role
        return user.is_active and same_user and now < self.expires_at
