from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="UpstreamOverride",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("upstream", models.CharField(max_length=100)),
                ("revision", models.PositiveIntegerField()),
                ("isolated", models.BooleanField()),
                ("at", models.DateTimeField()),
                ("actor", models.TextField()),
                ("request_id", models.TextField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("upstream", "revision"), name="upstreams_revision_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="UpstreamReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("upstream", models.CharField(max_length=100)),
                ("process", models.CharField(max_length=300)),
                ("reported_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("closed", "closed"),
                            ("half_open", "half_open"),
                            ("open", "open"),
                            ("isolated", "isolated"),
                        ],
                        max_length=20,
                    ),
                ),
                ("calls", models.PositiveIntegerField()),
                ("failure_rate", models.FloatField(null=True)),
                ("slow_rate", models.FloatField(null=True)),
                ("median_seconds", models.FloatField(null=True)),
                ("p95_seconds", models.FloatField(null=True)),
                ("under_way", models.PositiveIntegerField()),
                ("retry_budget", models.FloatField()),
                ("seconds_left", models.FloatField()),
            ],
            options={
                "indexes": [models.Index(fields=["reported_at"], name="upstreams_report_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("upstream", "process"), name="upstreams_process_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["closed", "half_open", "open", "isolated"])),
                        name="upstreams_state_known",
                    ),
                ],
            },
        ),
    ]
