from rest_framework import serializers

from adapters.http_api.rest.schemas import CREATED_AT, RECORD_ID, PageSerializer
from core.access import Permission, Role
from core.accounts.key_limits import MAX_NETWORK_LENGTH, MAX_NETWORKS
from core.accounts.service_accounts import MAX_SERVICE_NAME_LENGTH, ServiceAccount
from core.accounts.service_keys import KEY_LIFETIME, MAX_KEY_LIFETIME, MAX_KEY_NAME_LENGTH, ServiceKey

_NETWORKS = "The networks that the key works from; everywhere, if there are none."
_PERMISSIONS = "The permissions of the role that the key has; all of them, if none are listed."
_ROLE = "The role, which decides the permissions."


class NewKeySerializer(serializers.Serializer):
    name = serializers.CharField(
        max_length=MAX_KEY_NAME_LENGTH, help_text="A name to recognize the key by.", initial="december"
    )
    expires_at = serializers.DateTimeField(
        allow_null=True,
        required=False,
        help_text=f"{KEY_LIFETIME.days} days from now by default; at most {MAX_KEY_LIFETIME.days} days from now.",
    )
    networks = serializers.ListField(
        child=serializers.CharField(max_length=MAX_NETWORK_LENGTH),
        max_length=MAX_NETWORKS,
        required=False,
        help_text=_NETWORKS,
    )
    permissions = serializers.ListField(
        child=serializers.ChoiceField(list(Permission)), required=False, help_text=_PERMISSIONS
    )
    same_limits_as = serializers.UUIDField(
        allow_null=True,
        required=False,
        help_text="Another key of the account, whose networks and permissions the new one gets unless they are given.",
    )


class KeySerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text="The id of the key.")
    name = serializers.CharField(help_text="The name to recognize the key by.", initial="december")
    created_at = serializers.DateTimeField(help_text="When the key was created.")
    expires_at = serializers.DateTimeField(help_text="When the key expires.")
    revoked_at = serializers.DateTimeField(allow_null=True, help_text="When the key was revoked; null if it was not.")
    last_used_at = serializers.DateTimeField(
        allow_null=True, help_text="When the key was used last, to the hour; null if it never was."
    )
    networks = serializers.ListField(child=serializers.CharField(), help_text=_NETWORKS, initial=["192.0.2.0/24"])
    permissions = serializers.ListField(
        child=serializers.ChoiceField(list(Permission)), help_text=_PERMISSIONS, initial=["patients.view"]
    )


def key_json(key: ServiceKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
        "networks": [str(network) for network in key.networks],
        "permissions": list(key.permissions),
    }


class MadeKeySerializer(KeySerializer):
    key = serializers.CharField(
        help_text="Send it as `Authorization: Bearer <key>`. No other response shows it.", initial="prk_3q2-7w…"
    )


class ServiceAccountSerializer(serializers.Serializer):
    role = serializers.ChoiceField(list(Role), help_text=_ROLE)
    is_active = serializers.BooleanField(
        required=False, help_text="The keys of a disabled account are refused.", initial=True
    )
    id = serializers.UUIDField(read_only=True, help_text=RECORD_ID)
    name = serializers.CharField(
        read_only=True, help_text="The name in the audit trail; never used again.", initial="lab-import"
    )
    created_at = serializers.DateTimeField(read_only=True, help_text=CREATED_AT)
    keys = serializers.ListField(child=KeySerializer(), read_only=True, help_text="The keys, oldest first.")


def service_account_json(account: ServiceAccount) -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "role": account.role,
        "is_active": account.is_active,
        "created_at": account.created_at,
        "keys": [key_json(key) for key in account.keys],
    }


class NewServiceAccountSerializer(serializers.Serializer):
    name = serializers.CharField(
        min_length=3,
        max_length=MAX_SERVICE_NAME_LENGTH,
        help_text="Lower-case letters a to z, digits and, not at either end, hyphens.",
        initial="lab-import",
    )
    role = serializers.ChoiceField(list(Role), help_text=_ROLE)
    id = serializers.UUIDField(read_only=True)
    is_active = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    keys = serializers.ListField(read_only=True)


class ServiceAccountPageSerializer(PageSerializer):
    results = ServiceAccountSerializer(many=True, help_text="The service accounts on this page.")
