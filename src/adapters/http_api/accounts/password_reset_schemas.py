from rest_framework import serializers

from adapters.http_api.accounts.schemas import PasswordSerializer
from core.accounts.password_resets import PasswordReset

_CODE = "7Q2KD-M0XW9-4TZB1-HC8RP"


class NewPasswordSerializer(PasswordSerializer):
    code = serializers.CharField(help_text="The one-time code from an admin.", initial=_CODE)


class PasswordResetSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="The one-time code. No other response shows it.", initial=_CODE)
    page = serializers.CharField(
        help_text="The address of the page that takes the code.", initial="https://registry.example/reset-password/"
    )
    expires_at = serializers.DateTimeField(help_text="When the code expires.")


def password_reset_json(reset: PasswordReset, code: str, page: str) -> dict[str, object]:
    return {"code": code, "page": page, "expires_at": reset.expires_at}
