import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("sync", "sync"), ("import", "import"), ("scan", "scan"), ("undo", "undo")],
                        max_length=10,
                    ),
                ),
                ("actor", models.TextField()),
                ("request_id", models.TextField()),
                ("options", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("total", models.PositiveIntegerField()),
                ("key", models.CharField(max_length=100, null=True)),
                ("position", models.TextField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("running", "running"),
                            ("paused", "paused"),
                            ("held", "held"),
                            ("completed", "completed"),
                            ("cancelled", "cancelled"),
                            ("failed", "failed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("counts", models.JSONField()),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("resume_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("confirmed_by", models.TextField(blank=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["kind", "-id"], name="jobs_by_kind"),
                    models.Index(condition=models.Q(("ended_at", None)), fields=["id"], name="jobs_unfinished"),
                    models.Index(fields=["ended_at"], name="jobs_by_end"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["queued", "running", "paused", "held", "completed", "cancelled", "failed"])
                        ),
                        name="jobs_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["sync", "import", "scan", "undo"])), name="jobs_kind_known"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("key",), name="jobs_one_under_way"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Chunk",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="chunks", to="jobs.job"
                    ),
                ),
                ("items", models.JSONField()),
                ("lease", models.UUIDField(null=True)),
                ("available_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField()),
                ("takeovers", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "indexes": [models.Index(fields=["job", "available_at"], name="jobs_chunk_available")],
            },
        ),
        migrations.CreateModel(
            name="ScheduledTask",
            fields=[
                ("name", models.CharField(max_length=50, primary_key=True, serialize=False)),
                ("last_run_at", models.DateTimeField()),
            ],
        ),
    ]
