from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from core.access import Permission, Role
from core.accounts.audit import AccountAction
from core.accounts.service_accounts import MAX_SERVICE_NAME_LENGTH
from core.accounts.service_keys import MAX_KEY_NAME_LENGTH
from core.values import MAX_EMAIL_LENGTH

STAFF = {Permission.VIEW_PATIENTS, Permission.EDIT_POSTS}
_ROLES = [(role.value, role.value) for role in Role]
_ACTIONS = [(action.value, action.value) for action in AccountAction]


class User(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, editable=False)
    email = models.CharField(max_length=MAX_EMAIL_LENGTH)
    role = models.CharField(max_length=20, choices=_ROLES)
    is_active = models.BooleanField(default=True)
    session_epoch = models.PositiveIntegerField(default=1)
    must_change_password = models.BooleanField(default=False)
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

    @property
    def is_staff(self) -> bool:
        """Whether the user may open the admin. The role decides which pages."""
        return not Role(self.role).permissions.isdisjoint(STAFF)

    def has_perm(self, permission: str, obj: object = None) -> bool:
        """Django's own permissions are not used."""
        return False

    def has_module_perms(self, app: str) -> bool:
        return False

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Incrementing `session_epoch` ends the admin's sessions, too."""
        content = f"{self.session_epoch}:{self.password}"
        return salted_hmac("adapters.django_orm.accounts", content, secret=secret, algorithm="sha256").hexdigest()


class PasswordReset(models.Model):
    user_id: UUID
    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    role = models.CharField(max_length=20, choices=_ROLES)
    session_epoch = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["digest"], name="accounts_reset_digest_unique")]

    def __str__(self) -> str:
        return str(self.user_id)


class RefreshFamily(models.Model):
    id = models.UUIDField(primary_key=True, editable=False)
    user_id: UUID
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    session_epoch = models.PositiveIntegerField(default=1)
    token_id = models.UUIDField()
    started_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    address = models.TextField(blank=True)
    revoked = models.BooleanField(default=False)

    class Meta:
        indexes = [Index(fields=["expires_at"], name="accounts_family_expiry")]

    def __str__(self) -> str:
        return str(self.id)


class ServiceAccount(models.Model):
    prefetched_keys: "list[ServiceKey]"  # set by the repository
    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=MAX_SERVICE_NAME_LENGTH)
    role = models.CharField(max_length=20, choices=_ROLES)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["name"], name="accounts_service_name_unique"),
            CheckConstraint(condition=Q(role__in=[role.value for role in Role]), name="accounts_service_role_known"),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceKey(models.Model):
    id = models.UUIDField(primary_key=True, editable=False)
    account_id: UUID
    account = models.ForeignKey(ServiceAccount, models.CASCADE, related_name="keys")
    name = models.CharField(max_length=MAX_KEY_NAME_LENGTH)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    networks = models.JSONField(default=list)
    permissions = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


class AccountEvent(models.Model):
    """Outlives its account: there is no foreign key."""

    id = models.UUIDField(primary_key=True, editable=False)
    account_id = models.UUIDField()
    at = models.DateTimeField()
    actor = models.TextField()
    request_id = models.TextField()
    action = models.CharField(max_length=20, choices=_ACTIONS)
    details = models.JSONField()

    class Meta:
        indexes = [Index(fields=["account_id", "-id"], name="accounts_events_of_account")]
        constraints = [
            CheckConstraint(
                condition=Q(action__in=[action.value for action in AccountAction]), name="accounts_action_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.account_id}"
