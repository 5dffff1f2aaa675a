"""The tables of patients. A patient's row holds the whole record. `Patient.name`, `SearchTerm` and `Identifier` are
derived from it, for sorting, searching and uniqueness, and are written in the same transaction.

The values of a merged record are no longer unique by themselves, because its survivor may have them too: see
`UniquenessCheck`.
"""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Length, Lower

from core.patients.audit import Action
from core.patients.demographics import MAX_AFFIX_LENGTH, MAX_LANGUAGE_LENGTH
from core.patients.values import (
    MAX_E164_LENGTH,
    MAX_EXTERNAL_ID_LENGTH,
    MAX_IDENTIFIER_SYSTEM_LENGTH,
    MAX_IDENTIFIER_VALUE_LENGTH,
    MAX_NAME_LENGTH,
    Sex,
    Status,
)
from core.values import MAX_EMAIL_LENGTH

models.CharField.register_lookup(Length)

_NUMBERED, _UNNUMBERED = Q(position__isnull=False), Q(position__isnull=True)


def _one_of(field: str, values: type[Sex] | type[Status] | type[Action]) -> CheckConstraint:
    condition = Q((f"{field}__in", [value.value for value in values]))
    return CheckConstraint(condition=condition, name=f"%(app_label)s_%(class)s_{field}_known")


def _length(field: str, limit: int) -> CheckConstraint:
    condition = Q((f"{field}__length__gte", 1), (f"{field}__length__lte", limit))
    return CheckConstraint(condition=condition, name=f"%(app_label)s_%(class)s_{field}_length")


def _optional_text(limit: int) -> "models.CharField[str | None, str | None]":
    return models.CharField(max_length=limit, null=True)


class Patient(models.Model):
    """`date_of_birth` is a partial date, empty if it is unknown, so that every database sorts it first. `deceased` is
    `true`, `false` or a partial date."""

    id = models.UUIDField(primary_key=True, editable=False)
    first_name = _optional_text(MAX_NAME_LENGTH)
    middle_name = _optional_text(MAX_NAME_LENGTH)
    last_name = _optional_text(MAX_NAME_LENGTH)
    prefix = _optional_text(MAX_AFFIX_LENGTH)
    suffix = _optional_text(MAX_AFFIX_LENGTH)
    other_names = models.JSONField(default=list)
    email = _optional_text(MAX_EMAIL_LENGTH)
    email_shared = models.BooleanField()
    phone = _optional_text(MAX_E164_LENGTH)
    other_phones = models.JSONField(default=list)
    date_of_birth = models.CharField(max_length=10, blank=True)
    date_of_birth_estimated = models.BooleanField()
    deceased = models.CharField(max_length=10)
    sex = models.CharField(max_length=10)
    language = _optional_text(MAX_LANGUAGE_LENGTH)
    addresses = models.JSONField(default=list)
    contacts = models.JSONField(default=list)
    identifiers = models.JSONField(default=list)
    external_id = _optional_text(MAX_EXTERNAL_ID_LENGTH)
    status = models.CharField(max_length=10)
    merged_into_id: UUID | None
    merged_into = models.ForeignKey("self", models.DO_NOTHING, null=True, related_name="+", db_index=False)
    version = models.PositiveIntegerField()
    last_synced_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    name = models.BinaryField()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["email"], condition=Q(email_shared=False, merged_into=None), name="patients_email_unique"
            ),
            UniqueConstraint(fields=["external_id"], condition=Q(merged_into=None), name="patients_external_id_unique"),
            CheckConstraint(
                condition=Q(merged_into=None) ^ Q(status=Status.MERGED.value), name="patients_merged_into_another"
            ),
            CheckConstraint(
                condition=Q(first_name__isnull=False) | Q(last_name__isnull=False), name="patients_name_required"
            ),
            CheckConstraint(condition=Q(email=None) | Q(email=Lower(F("email"))), name="patients_email_lower_case"),
            CheckConstraint(condition=Q(phone=None) | Q(phone__startswith="+"), name="patients_phone_e164"),
            CheckConstraint(condition=Q(version__gte=1), name="patients_version_counts_from_one"),
            _length("first_name", MAX_NAME_LENGTH),
            _length("last_name", MAX_NAME_LENGTH),
            _length("external_id", MAX_EXTERNAL_ID_LENGTH),
            _one_of("sex", Sex),
            _one_of("status", Status),
        ]
        indexes = [
            Index(fields=["status", "-id"], name="patients_by_status"),
            Index(fields=["email", "-id"], name="patients_by_email"),
            Index(fields=["phone", "-id"], name="patients_by_phone"),
            Index(fields=["date_of_birth", "-id"], name="patients_by_date_of_birth"),
            Index(fields=["updated_at", "-id"], name="patients_by_update"),
            Index(fields=["sex", "-id"], name="patients_by_sex"),
            Index(fields=["name", "-id"], name="patients_by_name"),
            Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="patients_by_survivor"),
            Index(fields=["external_id"], name="patients_by_external_id"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SearchTerm(models.Model):
    """Terms are bytes, so that every database sorts them alike and a range finds a prefix. `patient` has no constraint,
    because the check of each row would be slow: terms are only written and deleted with their patient."""

    pk = models.CompositePrimaryKey("term", "patient_id")
    patient_id: UUID
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_constraint=False)
    term = models.BinaryField()

    def __str__(self) -> str:
        return str(self.patient_id)


class MatchKeySet(models.Model):
    """On PostgreSQL, the digests of a patient's blocking keys, as signed numbers."""

    patient_id = models.UUIDField(primary_key=True)
    digests = ArrayField(models.BigIntegerField())

    class Meta:
        required_db_vendor = "postgresql"
        # without the list of pending entries, which each search would have to read
        indexes = [GinIndex(fields=["digests"], fastupdate=False, name="patients_by_match_key")]

    def __str__(self) -> str:
        return str(self.patient_id)


class MatchKey(models.Model):
    """On SQLite, which has no index of arrays: one of the digests, and the patient's UUID as 16 bytes. The migration
    creates it `WITHOUT ROWID`."""

    pk = models.CompositePrimaryKey("digest", "patient_id")
    digest = models.BinaryField()
    patient_id = models.BinaryField()

    class Meta:
        required_db_vendor = "sqlite"

    def __str__(self) -> str:
        return self.patient_id.hex()


class PackedMatchKeys(models.Model):
    """On SQLite, all digests of a patient, one after the other."""

    patient_id = models.UUIDField(primary_key=True)
    digests = models.BinaryField()

    class Meta:
        required_db_vendor = "sqlite"

    def __str__(self) -> str:
        return str(self.patient_id)


class Identifier(models.Model):
    patient_id: UUID
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    system = models.CharField(max_length=MAX_IDENTIFIER_SYSTEM_LENGTH)
    value = models.CharField(max_length=MAX_IDENTIFIER_VALUE_LENGTH)
    is_unique = models.BooleanField()

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["value", "system"], condition=Q(is_unique=True), name="patients_identifier_unique"
            ),
            _length("system", MAX_IDENTIFIER_SYSTEM_LENGTH),
            _length("value", MAX_IDENTIFIER_VALUE_LENGTH),
        ]
        indexes = [Index(fields=["value", "system"], name="patients_by_identifier")]

    def __str__(self) -> str:
        return str(self.patient_id)


class EventValues(models.Model):
    """The values of the event's fields. A table of their own, so that erasing a patient can delete them."""

    pk = models.CompositePrimaryKey("patient_id", "version")
    patient_id = models.UUIDField()
    version = models.PositiveIntegerField()
    before = models.JSONField()
    after = models.JSONField()
    salt = models.CharField(max_length=32)
    reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.patient_id} version {self.version}"


class PatientEvent(models.Model):
    """Outlives its patient: there is no foreign key. `position` is null until the change feed is read. `values` joins
    without a constraint, and is None once they are erased."""

    patient_id = models.UUIDField()
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.TextField()
    request_id = models.TextField()
    action = models.CharField(max_length=20)
    fields = models.JSONField()
    digest = models.CharField(max_length=64, blank=True)
    seal = models.CharField(max_length=64, blank=True)
    position = models.BigIntegerField(null=True)
    job_id = models.UUIDField(null=True)
    values: "models.ForeignObject[EventValues | None, EventValues | None]" = models.ForeignObject(
        EventValues,
        models.DO_NOTHING,
        ["patient_id", "version"],
        ["patient_id", "version"],
        related_name="+",
        null=True,
    )

    class Meta:
        constraints = [
            UniqueConstraint(fields=["patient_id", "version"], name="patients_one_event_per_version"),
            UniqueConstraint(fields=["position"], condition=_NUMBERED, name="patients_event_position_unique"),
            CheckConstraint(condition=Q(position__gte=1), name="patients_event_position_positive"),
            _one_of("action", Action),
        ]
        indexes = [
            Index(fields=["id"], condition=_UNNUMBERED, name="patients_event_unnumbered"),
            Index(fields=["job_id", "patient_id"], condition=Q(job_id__isnull=False), name="patients_event_by_job"),
            Index(fields=["patient_id"], condition=Q(action=Action.ERASED.value), name="patients_event_erased"),
            Index(fields=["at"], name="patients_event_by_time"),
            Index(fields=["actor", "at"], name="patients_event_by_actor"),
            Index(fields=["action", "at"], name="patients_event_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.patient_id} version {self.version}"


class ChangeEpoch(models.Model):
    """A single row: the epoch of the change feed. Positions of different epochs cannot be compared."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True)
    value = models.UUIDField()

    class Meta:
        constraints = [CheckConstraint(condition=Q(id=1), name="patients_one_change_epoch")]

    def __str__(self) -> str:
        return str(self.value)
