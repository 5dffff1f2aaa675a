from collections.abc import Sequence
from uuid import UUID

from attrs import frozen
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from adapters.django_orm.patients import models
from core.errors import Conflict
from core.patients.entities import Patient
from core.patients.errors import EmailTaken, ExternalIdTaken, IdentifierTaken
from core.patients.identifier_systems import IdentifierSystems

_OWNER = Coalesce(F("merged_into"), F("id"))
_OWNER_OF_IDENTIFIER = Coalesce(F("patient__merged_into"), F("patient_id"))


@frozen
class UniquenessCheck:
    """The stored owners of the unique values of some patients. The owner of a merged record's values is its survivor,
    which a constraint of the database cannot express."""

    systems: IdentifierSystems
    emails: dict[str, UUID]
    external_ids: dict[str, UUID]
    identifiers: dict[tuple[str, str], UUID]

    @classmethod
    def of(cls, patients: Sequence[Patient], systems: IdentifierSystems, database: str) -> "UniquenessCheck":
        rows = models.Patient.objects.using(database)
        identifiers = _identifiers(patients, systems, database)
        identifiers = identifiers.filter(Q(is_unique=True) | Q(patient__merged_into__isnull=False))
        found = identifiers.values_list("system", "value", _OWNER_OF_IDENTIFIER)
        return cls(
            systems,
            dict(rows.filter(_has_email(patients)).values_list("email", _OWNER)),
            dict(rows.filter(_has_external_id(patients)).values_list("external_id", _OWNER)),
            {(system, value): owner for system, value, owner in found},
        )

    def conflicts(self, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        """By patient id. The values of earlier patients without conflict count as owned."""
        conflicts: dict[UUID, Conflict] = {}
        for patient in (one for one in patients if one.merged_into is None):
            if conflict := self._conflict(patient):
                conflicts[patient.id] = conflict
            else:
                self._reserve(patient)
        return conflicts

    def _conflict(self, patient: Patient) -> Conflict | None:
        if patient.email is not None and not patient.email_shared:
            owner = self.emails.get(patient.email, patient.id)
            if owner != patient.id:
                return EmailTaken(owner)
        if patient.external_id is not None:
            owner = self.external_ids.get(patient.external_id, patient.id)
            if owner != patient.id:
                return ExternalIdTaken(owner)
        keys = [(one.system, one.value) for one in self.systems.unique_of(patient.identifiers)]
        owners = (self.identifiers.get(key, patient.id) for key in keys)
        return next((IdentifierTaken(owner) for owner in owners if owner != patient.id), None)

    def _reserve(self, patient: Patient) -> None:
        if patient.email is not None and not patient.email_shared:
            self.emails[patient.email] = patient.id
        if patient.external_id is not None:
            self.external_ids[patient.external_id] = patient.id
        self.identifiers.update(
            {(one.system, one.value): patient.id for one in self.systems.unique_of(patient.identifiers)}
        )


def merged_records_hold(patients: Sequence[Patient], systems: IdentifierSystems, database: str) -> bool:
    """Whether records that were merged into others hold a unique value of one of these patients."""
    identifiers = _identifiers(patients, systems, database).values("patient_id")
    holds = _has_email(patients) | _has_external_id(patients) | Q(id__in=identifiers)
    merged = models.Patient.objects.using(database).filter(holds, merged_into__isnull=False)
    return merged.exclude(merged_into__in=[patient.id for patient in patients]).exists()


def _has_email(patients: Sequence[Patient]) -> Q:
    emails = [patient.email for patient in patients if patient.email is not None and not patient.email_shared]
    return Q(email__in=emails, email_shared=False)


def _has_external_id(patients: Sequence[Patient]) -> Q:
    return Q(external_id__in=[patient.external_id for patient in patients if patient.external_id is not None])


def _identifiers(patients: Sequence[Patient], systems: IdentifierSystems, database: str) -> QuerySet[models.Identifier]:
    wanted = [one for patient in patients for one in systems.unique_of(patient.identifiers)]
    if not wanted:
        return models.Identifier.objects.none()
    return models.Identifier.objects.using(database).filter(
        system__in={identifier.system for identifier in wanted}, value__in={identifier.value for identifier in wanted}
    )
