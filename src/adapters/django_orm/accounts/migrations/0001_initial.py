import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("email", models.CharField(max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("reader", "reader"),
                            ("clerk", "clerk"),
                            ("admin", "admin"),
                            ("author", "author"),
                            ("editor", "editor"),
                        ],
                        max_length=20,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("session_epoch", models.PositiveIntegerField(default=1)),
                ("must_change_password", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("email",), name="accounts_email_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower(models.F("email")))),
                        name="accounts_email_lower_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["reader", "clerk", "admin", "author", "editor"])),
                        name="accounts_role_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PasswordReset",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("reader", "reader"),
                            ("clerk", "clerk"),
                            ("admin", "admin"),
                            ("author", "author"),
                            ("editor", "editor"),
                        ],
                        max_length=20,
                    ),
                ),
                ("session_epoch", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("digest",), name="accounts_reset_digest_unique")],
            },
        ),
        migrations.CreateModel(
            name="RefreshFamily",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("session_epoch", models.PositiveIntegerField(default=1)),
                ("token_id", models.UUIDField()),
                ("started_at", models.DateTimeField()),
                ("refreshed_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("address", models.TextField(blank=True)),
                ("revoked", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="accounts_family_expiry")],
            },
        ),
        migrations.CreateModel(
            name="ServiceAccount",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=50)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("reader", "reader"),
                            ("clerk", "clerk"),
                            ("admin", "admin"),
                            ("author", "author"),
                            ("editor", "editor"),
                        ],
                        max_length=20,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("name",), name="accounts_service_name_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["reader", "clerk", "admin", "author", "editor"])),
                        name="accounts_service_role_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceKey",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="keys", to="accounts.serviceaccount"
                    ),
                ),
                ("name", models.CharField(max_length=50)),
                ("digest", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("networks", models.JSONField(default=list)),
                ("permissions", models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name="AccountEvent",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("actor", models.TextField()),
                ("request_id", models.TextField()),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("created", "created"),
                            ("role_changed", "role_changed"),
                            ("disabled", "disabled"),
                            ("enabled", "enabled"),
                            ("password_set", "password_set"),
                            ("password_changed", "password_changed"),
                            ("reset_issued", "reset_issued"),
                            ("password_reset", "password_reset"),
                            ("key_made", "key_made"),
                            ("key_revoked", "key_revoked"),
                            ("session_ended", "session_ended"),
                            ("sessions_ended", "sessions_ended"),
                        ],
                        max_length=20,
                    ),
                ),
                ("details", models.JSONField()),
            ],
            options={
                "indexes": [models.Index(fields=["account_id", "-id"], name="accounts_events_of_account")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "action__in",
                                [
                                    "created",
                                    "role_changed",
                                    "disabled",
                                    "enabled",
                                    "password_set",
                                    "password_changed",
                                    "reset_issued",
                                    "password_reset",
                                    "key_made",
                                    "key_revoked",
                                    "session_ended",
                                    "sessions_ended",
                                ],
                            )
                        ),
                        name="accounts_action_known",
                    )
                ],
            },
        ),
    ]
