import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

from adapters.django_orm.db.without_rowid import CreateWithoutRowid


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Patient",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("first_name", models.CharField(max_length=100, null=True)),
                ("middle_name", models.CharField(max_length=100, null=True)),
                ("last_name", models.CharField(max_length=100, null=True)),
                ("prefix", models.CharField(max_length=50, null=True)),
                ("suffix", models.CharField(max_length=50, null=True)),
                ("other_names", models.JSONField(default=list)),
                ("email", models.CharField(max_length=254, null=True)),
                ("email_shared", models.BooleanField()),
                ("phone", models.CharField(max_length=16, null=True)),
                ("other_phones", models.JSONField(default=list)),
                ("date_of_birth", models.CharField(blank=True, max_length=10)),
                ("date_of_birth_estimated", models.BooleanField()),
                ("deceased", models.CharField(max_length=10)),
                ("sex", models.CharField(max_length=10)),
                ("language", models.CharField(max_length=35, null=True)),
                ("addresses", models.JSONField(default=list)),
                ("contacts", models.JSONField(default=list)),
                ("identifiers", models.JSONField(default=list)),
                ("external_id", models.CharField(max_length=200, null=True)),
                ("status", models.CharField(max_length=10)),
                (
                    "merged_into",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="patients.patient",
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("last_synced_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("name", models.BinaryField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["status", "-id"], name="patients_by_status"),
                    models.Index(fields=["email", "-id"], name="patients_by_email"),
                    models.Index(fields=["phone", "-id"], name="patients_by_phone"),
                    models.Index(fields=["date_of_birth", "-id"], name="patients_by_date_of_birth"),
                    models.Index(fields=["updated_at", "-id"], name="patients_by_update"),
                    models.Index(fields=["sex", "-id"], name="patients_by_sex"),
                    models.Index(fields=["name", "-id"], name="patients_by_name"),
                    models.Index(
                        condition=models.Q(("merged_into__isnull", False)),
                        fields=["merged_into"],
                        name="patients_by_survivor",
                    ),
                    models.Index(fields=["external_id"], name="patients_by_external_id"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("email_shared", False), ("merged_into", None)),
                        fields=("email",),
                        name="patients_email_unique",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("merged_into", None)),
                        fields=("external_id",),
                        name="patients_external_id_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("merged_into", None), ("status", "merged"), _connector="XOR"),
                        name="patients_merged_into_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("first_name__isnull", False), ("last_name__isnull", False), _connector="OR"
                        ),
                        name="patients_name_required",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("email", None),
                            ("email", django.db.models.functions.text.Lower(models.F("email"))),
                            _connector="OR",
                        ),
                        name="patients_email_lower_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("phone", None), ("phone__startswith", "+"), _connector="OR"),
                        name="patients_phone_e164",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 1)), name="patients_version_counts_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_name__length__gte", 1), ("first_name__length__lte", 100)),
                        name="patients_patient_first_name_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_name__length__gte", 1), ("last_name__length__lte", 100)),
                        name="patients_patient_last_name_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("external_id__length__gte", 1), ("external_id__length__lte", 200)),
                        name="patients_patient_external_id_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sex__in", ["male", "female", "other", "unknown"])),
                        name="patients_patient_sex_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["active", "inactive", "archived", "merged"])),
                        name="patients_patient_status_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchTerm",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "term", "patient_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="patients.patient",
                    ),
                ),
                ("term", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="MatchKeySet",
            fields=[
                ("patient_id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "digests",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
            ],
            options={
                "required_db_vendor": "postgresql",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["digests"], name="patients_by_match_key"
                    )
                ],
            },
        ),
        CreateWithoutRowid(
            name="MatchKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "digest", "patient_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.BinaryField()),
                ("patient_id", models.BinaryField()),
            ],
            options={
                "required_db_vendor": "sqlite",
            },
        ),
        migrations.CreateModel(
            name="PackedMatchKeys",
            fields=[
                ("patient_id", models.UUIDField(primary_key=True, serialize=False)),
                ("digests", models.BinaryField()),
            ],
            options={
                "required_db_vendor": "sqlite",
            },
        ),
        migrations.CreateModel(
            name="Identifier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="patients.patient"
                    ),
                ),
                ("system", models.CharField(max_length=200)),
                ("value", models.CharField(max_length=100)),
                ("is_unique", models.BooleanField()),
            ],
            options={
                "indexes": [models.Index(fields=["value", "system"], name="patients_by_identifier")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_unique", True)),
                        fields=("value", "system"),
                        name="patients_identifier_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("system__length__gte", 1), ("system__length__lte", 200)),
                        name="patients_identifier_system_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value__length__gte", 1), ("value__length__lte", 100)),
                        name="patients_identifier_value_length",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventValues",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "patient_id", "version", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("patient_id", models.UUIDField()),
                ("version", models.PositiveIntegerField()),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                ("salt", models.CharField(max_length=32)),
                ("reason", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="PatientEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("patient_id", models.UUIDField()),
                ("version", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("actor", models.TextField()),
                ("request_id", models.TextField()),
                ("action", models.CharField(max_length=20)),
                ("fields", models.JSONField()),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("seal", models.CharField(blank=True, max_length=64)),
                ("position", models.BigIntegerField(null=True)),
                ("job_id", models.UUIDField(null=True)),
                (
                    "values",
                    models.ForeignObject(
                        from_fields=["patient_id", "version"],
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="patients.eventvalues",
                        to_fields=["patient_id", "version"],
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("position__isnull", True)), fields=["id"], name="patients_event_unnumbered"
                    ),
                    models.Index(
                        condition=models.Q(("job_id__isnull", False)),
                        fields=["job_id", "patient_id"],
                        name="patients_event_by_job",
                    ),
                    models.Index(
                        condition=models.Q(("action", "erased")), fields=["patient_id"], name="patients_event_erased"
                    ),
                    models.Index(fields=["at"], name="patients_event_by_time"),
                    models.Index(fields=["actor", "at"], name="patients_event_by_actor"),
                    models.Index(fields=["action", "at"], name="patients_event_by_action"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("patient_id", "version"), name="patients_one_event_per_version"),
                    models.UniqueConstraint(
                        condition=models.Q(("position__isnull", False)),
                        fields=("position",),
                        name="patients_event_position_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("position__gte", 1)), name="patients_event_position_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "action__in",
                                [
                                    "registered",
                                    "updated",
                                    "synced",
                                    "erased",
                                    "merged",
                                    "merge_undone",
                                    "change_undone",
                                    "values_erased",
                                ],
                            )
                        ),
                        name="patients_patientevent_action_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChangeEpoch",
            fields=[
                ("id", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("value", models.UUIDField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="patients_one_change_epoch")
                ],
            },
        ),
    ]
