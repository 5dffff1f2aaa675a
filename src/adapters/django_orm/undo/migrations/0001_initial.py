import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("jobs", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="UndoResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("patient_id", models.UUIDField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("restored", "restored"),
                            ("removed", "removed"),
                            ("unchanged", "unchanged"),
                            ("refused", "refused"),
                            ("skipped", "skipped"),
                        ],
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=50)),
                ("kept", models.JSONField()),
                ("needs_review", models.BooleanField()),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="jobs.job"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("needs_review", True)), fields=["job", "patient_id"], name="undo_to_review"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "patient_id"), name="undo_one_result_per_patient"),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["restored", "removed", "unchanged", "refused", "skipped"])),
                        name="undo_outcome_known",
                    ),
                ],
            },
        ),
    ]
