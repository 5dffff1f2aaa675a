from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from attrs import evolve, frozen

from core.access import Role
from core.accounts.passwords import new_password
from core.errors import FaultList
from core.values import choice, email, yes_or_no


class AccountChanges(TypedDict, total=False):
    """What an admin may change of an account, a person's or a machine's."""

    role: Role | str
    is_active: bool


class Standing(TypedDict, total=False):
    role: Role
    is_active: bool


def parse_changes(changes: Mapping[str, object]) -> Standing:
    """Raises `Invalid` with every fault there is."""
    faults = FaultList()
    parsed = Standing()
    for name, value in changes.items():
        with faults.noting(name):
            if name == "role":
                parsed["role"] = choice(value, Role)
            elif name == "is_active":
                parsed["is_active"] = yes_or_no(value)
            else:
                faults.add(name, "unknown", "There is no such field.")
    faults.raise_if_any()
    return parsed


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
        *,
        email_address: str,
        role: Role | str,
        password: str,
        must_change_password: bool = False,
    ) -> "User":
        """Raises `Invalid` with every fault there is; the password is checked and not kept."""
        faults = FaultList()
        address, chosen = "", Role.READER
        with faults.noting("email"):
            address = email(email_address)
        with faults.noting("role"):
            chosen = choice(role, Role)
        with faults.noting("password"):
            new_password(password, address)
        faults.raise_if_any()
        return cls(
            id=new_id,
            email=address,
            role=chosen,
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
