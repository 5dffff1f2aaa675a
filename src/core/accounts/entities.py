from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import TypedDict, Unpack, cast
from uuid import UUID

from attrs import evolve, frozen

from core.access import Role
from core.accounts.passwords import parse_new_password
from core.errors import ErrorCollector, InvalidValue, Parser, parse_all
from core.values import parse_bool, parse_email, parse_enum


class AccountChanges(TypedDict, total=False):
    """What an admin may change of an account, a person's or a machine's."""

    role: Role | str
    is_active: bool


class Standing(TypedDict, total=False):
    role: Role
    is_active: bool


class NewUser(TypedDict):
    """What a user is created with."""

    email: str
    password: str
    role: Role | str


class _Created(TypedDict):
    email: str
    role: Role


def parse_role(raw: object) -> Role:
    return parse_enum(raw, Role)


def parse_changes(changes: Mapping[str, object], errors: ErrorCollector | None = None) -> Standing:
    """Raises `ValidationError` with all of `errors` and every other there is."""
    return cast("Standing", parse_all(changes, {"role": parse_role, "is_active": parse_bool}, errors=errors))


@frozen(kw_only=True, repr=False)
class User:
    """Someone who signs in. Passwords are the repository's secret and never part of this.

    `session_epoch` counts up when all sessions of the user are to end: tokens of an earlier one are refused. Who
    `must_change_password` has one that somebody else chose.
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
        errors: ErrorCollector | None = None,
        /,
        *,
        must_change_password: bool = False,
        **details: Unpack[NewUser],
    ) -> "User":
        """`errors` are those that the input has besides. Raises `ValidationError` with every error there is; the
        password is checked and not kept."""
        address = ""
        with suppress(InvalidValue):
            address = parse_email(details.get("email"))
        parsers: dict[str, Parser] = {
            "email": parse_email,
            "password": lambda raw: parse_new_password(raw, address),
            "role": parse_role,
        }
        parsed = cast("_Created", parse_all(details, parsers, required=tuple(parsers), errors=errors))
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

    def changed(self, **standing: Unpack[Standing]) -> "User":
        """Who is disabled is signed out everywhere, and is so still when enabled again."""
        after = evolve(self, **standing)
        return after.signed_out() if self.is_active and not after.is_active else after

    def signed_out(self) -> "User":
        return evolve(self, session_epoch=self.session_epoch + 1)

    def with_new_password(self, *, must_change: bool) -> "User":
        """Every session that began with the one before ends."""
        return evolve(self.signed_out(), must_change_password=must_change)

    def __repr__(self) -> str:
        return f"<User {self.id}>"
