"""What the API takes and gives of accounts, as `serializers` says it of the rest."""

from collections.abc import Mapping

from rest_framework import serializers

from adapters.http_api.patients.schemas import ACTOR_NAME
from adapters.http_api.rest.schemas import PageSerializer
from core.access import Permission, Role
from core.accounts.audit import AccountAction, AccountEvent
from core.accounts.entities import User
from core.accounts.passwords import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH
from core.accounts.service_accounts import (
    KEY_LIFETIME,
    MAX_KEY_LIFETIME,
    MAX_KEY_NAME_LENGTH,
    ServiceAccount,
    ServiceKey,
)


class CredentialsSerializer(serializers.Serializer):
    email = serializers.CharField()
    password = serializers.CharField()


class RefreshSerializer(serializers.Serializer):
    refresh = serializers.CharField()


class TokenPairSerializer(serializers.Serializer):
    access = serializers.CharField()
    refresh = serializers.CharField()


class MeSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    email = serializers.EmailField(allow_null=True, help_text="null for a service account.")
    name = serializers.CharField(allow_null=True, help_text="null for a user.")
    role = serializers.ChoiceField(list(Role))
    permissions = serializers.ListField(child=serializers.ChoiceField(list(Permission)))
    must_change_password = serializers.BooleanField(help_text="Before anything else: somebody else chose the password.")


class PasswordSerializer(serializers.Serializer):
    password = serializers.CharField(
        min_length=MIN_PASSWORD_LENGTH, max_length=MAX_PASSWORD_LENGTH, help_text="Must not be easy to guess."
    )


class OwnPasswordSerializer(PasswordSerializer):
    current = serializers.CharField()


class UserSerializer(serializers.Serializer):
    role = serializers.ChoiceField(list(Role))
    is_active = serializers.BooleanField(required=False, help_text="Who is not cannot sign in, and is signed out.")
    id = serializers.UUIDField(read_only=True)
    email = serializers.EmailField(read_only=True)
    must_change_password = serializers.BooleanField(
        read_only=True, help_text="Before anything else: somebody else chose the password."
    )
    created_at = serializers.DateTimeField(read_only=True)


class NewUserSerializer(PasswordSerializer):
    email = serializers.EmailField(max_length=254, help_text="Unique; stored in lower case.")
    role = serializers.ChoiceField(list(Role))
    id = serializers.UUIDField(read_only=True)
    is_active = serializers.BooleanField(read_only=True)
    must_change_password = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class UserPageSerializer(PageSerializer):
    results = UserSerializer(many=True)


class UserFiltersSerializer(serializers.Serializer):
    email = serializers.CharField(required=False)
    role = serializers.ChoiceField(list(Role), required=False)
    is_active = serializers.BooleanField(required=False)


class NewKeySerializer(serializers.Serializer):
    name = serializers.CharField(max_length=MAX_KEY_NAME_LENGTH, help_text="To tell it from the others.")
    expires_at = serializers.DateTimeField(
        allow_null=True,
        required=False,
        help_text=f"In {KEY_LIFETIME.days} days unless given; within {MAX_KEY_LIFETIME.days}.",
    )


class KeySerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)


class MadeKeySerializer(KeySerializer):
    key = serializers.CharField(help_text="Send it as bearer token. It is shown this once.")


class ServiceAccountSerializer(serializers.Serializer):
    role = serializers.ChoiceField(list(Role))
    is_active = serializers.BooleanField(required=False, help_text="While it is not, none of its keys is good.")
    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True, help_text="Stands in the audit trail, and is never given again.")
    created_at = serializers.DateTimeField(read_only=True)
    keys = serializers.ListField(child=KeySerializer(), read_only=True, help_text="The oldest first.")


class NewServiceAccountSerializer(serializers.Serializer):
    name = serializers.CharField(
        min_length=3, max_length=50, help_text="Small letters a to z, digits and, inside, hyphens."
    )
    role = serializers.ChoiceField(list(Role))
    id = serializers.UUIDField(read_only=True)
    is_active = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    keys = serializers.ListField(read_only=True)


class ServiceAccountPageSerializer(PageSerializer):
    results = ServiceAccountSerializer(many=True)


class AccountEventSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="user:<id>, service:<name> or system:<job>")
    actor_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME)
    request_id = serializers.CharField()
    action = serializers.ChoiceField(list(AccountAction))
    details = serializers.DictField(child=serializers.CharField(), help_text="Roles, and names of keys.")


class AccountHistorySerializer(PageSerializer):
    results = AccountEventSerializer(many=True)


def user_json(user: User) -> dict[str, object]:
    return {
        "id": user.id,
        "email": user.email,
        "role": user.role,
        "is_active": user.is_active,
        "must_change_password": user.must_change_password,
        "created_at": user.created_at,
    }


def service_account_json(account: ServiceAccount) -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "role": account.role,
        "is_active": account.is_active,
        "created_at": account.created_at,
        "keys": [key_json(key) for key in account.keys],
    }


def key_json(key: ServiceKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


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
