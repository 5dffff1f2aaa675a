import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("patients", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="DuplicatePair",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "first",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="patients.patient"
                    ),
                ),
                ("probability", models.FloatField()),
                ("evidence", models.JSONField()),
                ("weights_version", models.PositiveSmallIntegerField()),
                ("found_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("later", "later"), ("same", "same"), ("different", "different")],
                        max_length=10,
                    ),
                ),
                ("decided_by", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(blank=True)),
            ],
            options={
                "indexes": [models.Index(fields=["state", "-probability", "-id"], name="matching_queue")],
                "constraints": [
                    models.UniqueConstraint(fields=("first", "second"), name="matching_one_pair"),
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))), name="matching_pair_is_ordered"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "later", "same", "different"])),
                        name="matching_pair_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Merge",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "survivor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="patients.patient",
                    ),
                ),
                ("survivor_version", models.PositiveIntegerField()),
                (
                    "other_status",
                    models.CharField(
                        choices=[
                            ("active", "active"),
                            ("inactive", "inactive"),
                            ("archived", "archived"),
                            ("merged", "merged"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("actor", models.TextField()),
                ("absorbed", models.JSONField()),
                ("undone_at", models.DateTimeField(null=True)),
                ("undone_by", models.TextField(blank=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["survivor", "-id"], name="matching_merges_of_survivor"),
                    models.Index(fields=["other", "-id"], name="matching_merges_of_other"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)), fields=("other",), name="matching_merged_once"
                    )
                ],
            },
        ),
    ]
