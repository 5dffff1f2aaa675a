from collections.abc import Mapping

from rest_framework import serializers

from adapters.http_api.rest.schemas import (
    ACTOR,
    ACTOR_EXAMPLE,
    ACTOR_NAME,
    CREATED_AT,
    RECORD_ID,
    REQUEST_ID,
    REQUEST_ID_EXAMPLE,
    PageSerializer,
)
from core.access import Permission, Role
from core.accounts.audit import AccountAction, AccountEvent
from core.accounts.entities import User
from core.accounts.passwords import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH
from core.accounts.sessions import Principal, RefreshFamily, TokenPair
from core.values import MAX_EMAIL_LENGTH

_EMAIL = "grace@clinic.example"
_ROLE = "The role, which decides the permissions."
_USER_IS_ACTIVE = "A disabled user cannot sign in and has no sessions."
_MUST_CHANGE = "Another user chose the password: nothing else is allowed before it is changed."


class CredentialsSerializer(serializers.Serializer):
    email = serializers.CharField(help_text="The user's email.", initial=_EMAIL)
    password = serializers.CharField(help_text="The user's password.", initial="correct horse battery staple")


class RefreshSerializer(serializers.Serializer):
    refresh = serializers.CharField(help_text="The refresh token of the last token pair.", initial="eyJhbGciOi…")


class TokenPairSerializer(serializers.Serializer):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer <token>`.", initial="eyJhbGciOi…")
    refresh = serializers.CharField(help_text="Works once, for a new token pair.", initial="eyJhbGciOi…")


def token_pair_json(pair: TokenPair) -> dict[str, object]:
    return {"access": pair.access, "refresh": pair.refresh}


class SessionSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text="The id of the session.")
    started_at = serializers.DateTimeField(help_text="When the user signed in.")
    refreshed_at = serializers.DateTimeField(help_text="When its refresh token was used last.")
    expires_at = serializers.DateTimeField(help_text="When it ends, unless it is refreshed before.")
    address = serializers.CharField(help_text="The IP address of the client then.", initial="192.0.2.7")
    current = serializers.BooleanField(help_text="Whether this request belongs to it.")


def session_json(session: RefreshFamily, me: Principal) -> dict[str, object]:
    return {
        "id": session.id,
        "started_at": session.started_at,
        "refreshed_at": session.refreshed_at,
        "expires_at": session.expires_at,
        "address": session.address,
        "current": session.id == me.session_id,
    }


class SessionsSerializer(serializers.Serializer):
    results = SessionSerializer(many=True, help_text="At most 100 sessions.")


class MeSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text=RECORD_ID)
    email = serializers.EmailField(allow_null=True, help_text="null for a service account.", initial=_EMAIL)
    name = serializers.CharField(allow_null=True, help_text="null for a user.")
    role = serializers.ChoiceField(list(Role), help_text=_ROLE)
    permissions = serializers.ListField(
        child=serializers.ChoiceField(list(Permission)), help_text="What the account may do."
    )
    must_change_password = serializers.BooleanField(help_text=_MUST_CHANGE)


def me_json(me: Principal) -> dict[str, object]:
    user = me.account if isinstance(me.account, User) else None
    return {
        "id": me.account.id,
        "email": user.email if user else None,
        "name": None if isinstance(me.account, User) else me.account.name,
        "role": me.account.role,
        "permissions": sorted(me.actor.permissions),
        "must_change_password": bool(user and user.must_change_password),
    }


class PasswordSerializer(serializers.Serializer):
    password = serializers.CharField(
        min_length=MIN_PASSWORD_LENGTH,
        max_length=MAX_PASSWORD_LENGTH,
        help_text="The new password, which must not be easy to guess.",
        initial="seven quiet rivers",
    )


class OwnPasswordSerializer(PasswordSerializer):
    current = serializers.CharField(help_text="The current password.", initial="correct horse battery staple")


class UserSerializer(serializers.Serializer):
    role = serializers.ChoiceField(list(Role), help_text=_ROLE)
    is_active = serializers.BooleanField(required=False, help_text=_USER_IS_ACTIVE, initial=True)
    id = serializers.UUIDField(read_only=True, help_text=RECORD_ID)
    email = serializers.EmailField(read_only=True, help_text="The user's email.", initial=_EMAIL)
    must_change_password = serializers.BooleanField(read_only=True, help_text=_MUST_CHANGE)
    created_at = serializers.DateTimeField(read_only=True, help_text=CREATED_AT)


def user_json(user: User) -> dict[str, object]:
    return {
        "id": user.id,
        "email": user.email,
        "role": user.role,
        "is_active": user.is_active,
        "must_change_password": user.must_change_password,
        "created_at": user.created_at,
    }


class NewUserSerializer(PasswordSerializer):
    email = serializers.EmailField(
        max_length=MAX_EMAIL_LENGTH, help_text="Unique; stored in lower case.", initial=_EMAIL
    )
    role = serializers.ChoiceField(list(Role), help_text=_ROLE)
    id = serializers.UUIDField(read_only=True)
    is_active = serializers.BooleanField(read_only=True)
    must_change_password = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class UserPageSerializer(PageSerializer):
    results = UserSerializer(many=True, help_text="The users on this page.")


class UserFiltersSerializer(serializers.Serializer):
    email = serializers.CharField(required=False, help_text="Only the user with this email.")
    role = serializers.ChoiceField(list(Role), required=False, help_text="Only users with this role.")
    is_active = serializers.BooleanField(required=False, help_text="Only users who are enabled, or disabled.")


class AccountEventSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text="The id of the entry.")
    at = serializers.DateTimeField(help_text="When the change was made.")
    actor = serializers.CharField(help_text=ACTOR, initial=ACTOR_EXAMPLE)
    actor_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME, initial="admin@clinic.example")
    request_id = serializers.CharField(help_text=REQUEST_ID, initial=REQUEST_ID_EXAMPLE)
    action = serializers.ChoiceField(list(AccountAction), help_text="What was done.")
    details = serializers.DictField(
        child=serializers.CharField(),
        help_text="Roles, the names and limits of keys, the ids of sessions.",
        initial={"role": "clerk"},
    )


def account_event_json(event: AccountEvent, names: Mapping[str, str | None]) -> dict[str, object]:
    return {
        "id": event.id,
        "at": event.at,
        "actor": event.actor,
        "actor_name": names[event.actor],
        "request_id": event.request_id,
        "action": event.action,
        "details": event.details,
    }


class AccountHistorySerializer(PageSerializer):
    results = AccountEventSerializer(many=True, help_text="The changes on this page.")
