from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.db.models.functions import Lower

from core.access import Role


class User(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, editable=False)
    email = models.CharField(max_length=254)
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    objects = BaseUserManager["User"]()

    class Meta:  # type: ignore[override]  # AbstractBaseUser.Meta says only that it is abstract
        constraints = [
            UniqueConstraint(fields=["email"], name="accounts_email_unique"),
            CheckConstraint(condition=Q(email=Lower(F("email"))), name="accounts_email_lower_case"),
            CheckConstraint(condition=Q(role__in=[role.value for role in Role]), name="accounts_role_known"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class RefreshFamily(models.Model):
    id = models.UUIDField(primary_key=True, editable=False)
    user_id: UUID
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    token_id = models.UUIDField()
    expires_at = models.DateTimeField()
    revoked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.id)
