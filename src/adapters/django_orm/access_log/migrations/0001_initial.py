from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AccessEntry",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("actor", models.TextField()),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("patient_viewed", "patient_viewed"),
                            ("recent_viewed", "recent_viewed"),
                            ("history_viewed", "history_viewed"),
                            ("patients_searched", "patients_searched"),
                            ("patients_matched", "patients_matched"),
                            ("duplicates_viewed", "duplicates_viewed"),
                            ("held_changes_viewed", "held_changes_viewed"),
                            ("changes_followed", "changes_followed"),
                            ("subject_access", "subject_access"),
                            ("export_started", "export_started"),
                            ("export_ended", "export_ended"),
                            ("rejects_viewed", "rejects_viewed"),
                            ("rejects_downloaded", "rejects_downloaded"),
                            ("answer_repeated", "answer_repeated"),
                            ("page_viewed", "page_viewed"),
                            ("audit_viewed", "audit_viewed"),
                            ("audit_verified", "audit_verified"),
                            ("backed_up", "backed_up"),
                            ("signed_in", "signed_in"),
                            ("sign_in_failed", "sign_in_failed"),
                            ("signed_out", "signed_out"),
                            ("password_reset", "password_reset"),
                            ("reset_refused", "reset_refused"),
                            ("token_reused", "token_reused"),
                            ("token_refused", "token_refused"),
                            ("refused", "refused"),
                        ],
                        max_length=20,
                    ),
                ),
                ("patient_id", models.UUIDField(null=True)),
                ("count", models.PositiveIntegerField(null=True)),
                ("detail", models.TextField(blank=True)),
                ("address", models.TextField(blank=True)),
                ("request_id", models.TextField(blank=True)),
                ("seal", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name_plural": "access entries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("patient_id__isnull", False)),
                        fields=["patient_id", "at", "number"],
                        name="access_by_patient",
                    ),
                    models.Index(fields=["actor", "at", "number"], name="access_by_actor"),
                    models.Index(
                        condition=models.Q(("action", "patient_viewed")),
                        fields=["actor", "at", "number"],
                        name="access_by_viewer",
                    ),
                    models.Index(fields=["action", "at", "number"], name="access_by_action"),
                    models.Index(fields=["at", "number"], name="access_by_time"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "action__in",
                                [
                                    "patient_viewed",
                                    "recent_viewed",
                                    "history_viewed",
                                    "patients_searched",
                                    "patients_matched",
                                    "duplicates_viewed",
                                    "held_changes_viewed",
                                    "changes_followed",
                                    "subject_access",
                                    "export_started",
                                    "export_ended",
                                    "rejects_viewed",
                                    "rejects_downloaded",
                                    "answer_repeated",
                                    "page_viewed",
                                    "audit_viewed",
                                    "audit_verified",
                                    "backed_up",
                                    "signed_in",
                                    "sign_in_failed",
                                    "signed_out",
                                    "password_reset",
                                    "reset_refused",
                                    "token_reused",
                                    "token_refused",
                                    "refused",
                                ],
                            )
                        ),
                        name="access_action_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="access_number_positive"),
                ],
            },
        ),
    ]
