from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from adapters.django_orm.patients import models
from core.errors import Conflict
from core.patients.entities import Patient
from core.patients.errors import EmailTaken, ExternalIdTaken, IdentifierTaken
from core.patients.identifier_systems import IdentifierSystems


@frozen
class UniquenessCheck:
    """The stored owners of the unique values of some patients."""

    systems: IdentifierSystems
    emails: dict[str, UUID]
    external_ids: dict[str, UUID]
    identifiers: dict[tuple[str, str], UUID]

    @classmethod
    def of(cls, patients: Sequence[Patient], systems: IdentifierSystems, database: str) -> "UniquenessCheck":
        rows = models.Patient.objects.using(database)
        identifiers = models.Identifier.objects.using(database).filter(is_unique=True)
        wanted = [one for patient in patients for one in systems.unique_of(patient.identifiers)]
        found = identifiers.filter(
            system__in={identifier.system for identifier in wanted},
            value__in={identifier.value for identifier in wanted},
        ).values_list("system", "value", "patient_id")
        external_ids = [patient.external_id for patient in patients if patient.external_id is not None]
        emails = [patient.email for patient in patients if patient.email is not None and not patient.email_shared]
        return cls(
            systems,
            dict(rows.filter(email__in=emails, email_shared=False).values_list("email", "id")),
            dict(rows.filter(external_id__in=external_ids).values_list("external_id", "id")),
            {(system, value): patient_id for system, value, patient_id in found},
        )

    def conflicts(self, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        """By patient id. The values of earlier patients without conflict count as owned."""
        conflicts: dict[UUID, Conflict] = {}
        for patient in patients:
            conflict = self._conflict(patient)
            if conflict:
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
