"""Who is signed in. The session is the one of the admin site, by Django's own middleware."""

from datetime import datetime
from typing import Protocol, cast
from uuid import UUID

from django.http import HttpRequest

from core.access import Actor, Permission, Role
from core.accounts.entities import User
from core.accounts.sessions import Principal


class Staff(Protocol):
    """The signed-in user, as the session gives them. `is_staff` is whether they may open the admin site."""

    id: UUID
    email: str
    role: str
    is_active: bool
    is_staff: bool
    session_epoch: int
    must_change_password: bool
    created_at: datetime


def signed_in(request: HttpRequest) -> Staff | None:
    return cast("Staff", request.user) if request.user.is_authenticated else None


def actor_of(request: HttpRequest) -> Actor:
    """Anonymous if nobody is signed in."""
    request_id, address = request.META["REQUEST_ID"], request.META.get("REMOTE_ADDR", "")
    user = signed_in(request)
    return Actor.user(user.id, Role(user.role), request_id, address) if user else Actor.anonymous(request_id, address)


def may(request: HttpRequest, permission: Permission) -> bool:
    return actor_of(request).may(permission)


def principal_of(request: HttpRequest, user: Staff) -> Principal:
    account = User(
        id=user.id,
        email=user.email,
        role=Role(user.role),
        is_active=user.is_active,
        session_epoch=user.session_epoch,
        must_change_password=user.must_change_password,
        created_at=user.created_at,
    )
    return Principal(account, actor_of(request))
