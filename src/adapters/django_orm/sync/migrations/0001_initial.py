import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("jobs", "0001_initial"),
        ("patients", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SyncJobResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="jobs.job"
                    ),
                ),
                ("patient_id", models.UUIDField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("updated", "updated"),
                            ("unchanged", "unchanged"),
                            ("not_found", "not_found"),
                            ("refused", "refused"),
                            ("skipped", "skipped"),
                            ("unavailable", "unavailable"),
                        ],
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=50)),
                ("conflicts", models.JSONField()),
                ("needs_review", models.BooleanField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("needs_review", True)), fields=["job", "patient_id"], name="sync_to_review"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "patient_id"), name="sync_one_result_per_patient"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["updated", "unchanged", "not_found", "refused", "skipped", "unavailable"])
                        ),
                        name="sync_outcome_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HeldChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="jobs.job"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="patients.patient"
                    ),
                ),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("job", "patient"), name="sync_one_held_change_per_patient")
                ],
            },
        ),
        migrations.CreateModel(
            name="UpstreamSnapshot",
            fields=[
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="patients.patient",
                    ),
                ),
                ("external_id", models.CharField(max_length=200)),
                ("values", models.JSONField()),
                ("requested_at", models.DateTimeField()),
            ],
        ),
    ]
