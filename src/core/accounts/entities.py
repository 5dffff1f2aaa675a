from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TypedDict, Unpack, cast
from uuid import UUID

from attrs import evolve, frozen

from core.access import Role
from core.errors import ErrorCollector, InvalidValue, Parser, parse_fields
from core.values import parse_bool, parse_email, parse_enum


class AccountChanges(TypedDict, total=False):
    """The fields that an admin can change on a user or service account."""

    role: Role | str
    is_active: bool


class ParsedAccountChanges(TypedDict, total=False):
    role: Role
    is_active: bool


class NewUser(TypedDict):
    """The fields of a new user."""

    email: str
    password: str
    role: Role | str


class _ParsedUser(TypedDict):
    email: str
    role: Role


def parse_role(raw: object) -> Role:
    return parse_enum(raw, Role)


def parse_changes(changes: Mapping[str, object], errors: ErrorCollector | None = None) -> ParsedAccountChanges:
    """Raises `ValidationError` with all errors, those in `errors` included."""
    return cast(
        "ParsedAccountChanges", parse_fields(changes, {"role": parse_role, "is_active": parse_bool}, errors=errors)
    )


@frozen(kw_only=True, repr=False)
class User:
    """A person who signs in. The password stays in the repository and is never part of this entity.

    Incrementing `session_epoch` ends all sessions of the user: tokens from earlier epochs are rejected.
    `must_change_password` is set while the user has a password that another user chose.
    """

    id: UUID
    email: str
    role: Role
    is_active: bool
    session_epoch: int
    must_change_password: bool = False
    created_at: datetime

    @classmethod
    def create(
        cls,
        new_id: UUID,
        now: datetime,
        parse_password: Callable[[object, str], str],
        errors: ErrorCollector | None = None,
        /,
        *,
        must_change_password: bool = False,
        **details: Unpack[NewUser],
    ) -> "User":
        """Validates the password by `parse_password`, which gets the email as well, but does not store it.

        Raises `ValidationError` with all errors, those in `errors` included.
        """
        email = ""
        with suppress(InvalidValue):
            email = parse_email(details.get("email"))
        parsers: dict[str, Parser] = {
            "email": parse_email,
            "password": lambda raw: parse_password(raw, email),
            "role": parse_role,
        }
        parsed = cast("_ParsedUser", parse_fields(details, parsers, required=tuple(parsers), errors=errors))
        return cls(
            id=new_id,
            email=parsed["email"],
            role=parsed["role"],
            is_active=True,
            session_epoch=1,
            must_change_password=must_change_password,
            created_at=now,
        )

    @property
    def is_active_admin(self) -> bool:
        return self.is_active and self.role is Role.ADMIN

    def changed(self, **parsed: Unpack[ParsedAccountChanges]) -> "User":
        """Disabling a user also ends all sessions, permanently."""
        after = evolve(self, **parsed)
        return after.signed_out() if self.is_active and not after.is_active else after

    def signed_out(self) -> "User":
        """Ends all sessions."""
        return evolve(self, session_epoch=self.session_epoch + 1)

    def with_new_password(self, *, must_change: bool) -> "User":
        """Ends all sessions, because they began with the previous password."""
        return evolve(self.signed_out(), must_change_password=must_change)

    def __repr__(self) -> str:
        return f"<User {self.id}>"
