from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import TypedDict, Unpack, cast
from uuid import UUID

from attrs import evolve, frozen

from core.access import Role
from core.accounts.passwords import new_password
from core.errors import FaultList, Parser, Refused, parse_all
from core.values import choice, email, yes_or_no


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
    return choice(raw, Role)


def parse_changes(changes: Mapping[str, object], faults: FaultList | None = None) -> Standing:
    """Raises `Invalid` with all of `faults` and every other there is."""
    return cast("Standing", parse_all(changes, {"role": parse_role, "is_active": yes_or_no}, faults=faults))


@frozen(kw_only=True, repr=False)
class User:
    """Someone who signs in. Passwords are the repository's secret and never part of this.

    `generation` counts up when all sessions of the user are to end: tokens of an earlier one are refused. Who
    `must_change_password` has one that somebody else chose.
    """

    id: UUID
    email: str
    role: Role
    is_active: bool
    generation: int
    must_change_password: bool = False
    created_at: datetime

    @classmethod
    def create(
        cls,
        new_id: UUID,
        now: datetime,
        faults: FaultList | None = None,
        /,
        *,
        must_change_password: bool = False,
        **details: Unpack[NewUser],
    ) -> "User":
        """`faults` are those that the input has besides. Raises `Invalid` with every fault there is; the password is
        checked and not kept."""
        address = ""
        with suppress(Refused):
            address = email(details.get("email"))
        parsers: dict[str, Parser] = {
            "email": email,
            "password": lambda raw: new_password(raw, address),
            "role": parse_role,
        }
        parsed = cast("_Created", parse_all(details, parsers, required=tuple(parsers), faults=faults))
        return cls(
            id=new_id,
            email=parsed["email"],
            role=parsed["role"],
            is_active=True,
            generation=1,
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
        return evolve(self, generation=self.generation + 1)

    def with_new_password(self, *, must_change: bool) -> "User":
        """Every session that began with the one before ends."""
        return evolve(self.signed_out(), must_change_password=must_change)

    def __repr__(self) -> str:
        return f"<User {self.id}>"
