import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="StoredAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("actor", models.TextField()),
                ("key", models.TextField()),
                ("seal", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("content", models.BinaryField()),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="idempotency_by_age")],
                "constraints": [models.UniqueConstraint(fields=("actor", "key"), name="idempotency_key_unique")],
            },
        ),
        migrations.CreateModel(
            name="NamedRecord",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "record_id", "answer_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("record_id", models.UUIDField()),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="idempotency.storedanswer"
                    ),
                ),
            ],
        ),
    ]
