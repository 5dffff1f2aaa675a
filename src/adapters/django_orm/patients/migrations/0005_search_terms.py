import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("patients", "0004_change_epoch")]

    operations = [
        migrations.CreateModel(
            name="SearchTerm",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "term", "patient_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("term", models.BinaryField()),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="patients.patient",
                    ),
                ),
            ],
        ),
        migrations.AddField("patient", "name", models.BinaryField(default=b""), preserve_default=False),
        migrations.RemoveConstraint("identifier", "patients_identifier_unique"),
        migrations.AddConstraint(
            "identifier", models.UniqueConstraint(fields=["value", "system"], name="patients_identifier_unique")
        ),
        migrations.RemoveIndex("patient", "patients_by_updated_at"),
        migrations.AddIndex("patient", models.Index(fields=["updated_at", "-id"], name="patients_by_update")),
        migrations.AddIndex("patient", models.Index(fields=["sex", "-id"], name="patients_by_sex")),
    ]
