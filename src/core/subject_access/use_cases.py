from collections.abc import Iterator
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.patients.ports import MergedRecords, PatientRepository
from core.ports import Clock
from core.subject_access.document import write_document
from core.subject_access.services.sections import Sections


@frozen
class ExportSubjectAccess:
    """Everything that the registry has about a patient, for the person's right of access: a JSON document in blocks.

    The record and those merged into it, what upstream sent last, the history with its values, merges, decided and open
    pairs, and who saw or exported the record. It can name other persons: contacts, other records, reasons that
    somebody wrote. Raises `Forbidden`, `PatientNotFound`, and `PatientMerged` for a record that is part of another.
    """

    patients: PatientRepository
    merged: MergedRecords
    sections: Sections
    accesses: AccessRecorder
    clock: Clock

    def __call__(self, *, actor: Actor, patient_id: UUID) -> Iterator[bytes]:
        actor.require(Permission.SUBJECT_ACCESS)
        patient = self.patients.get(patient_id)
        patient.ensure_not_merged()
        merged = sorted(self.merged.merged_into([patient_id]))
        records = (patient, *map(self.patients.get, merged))
        for record in records:
            self.accesses.record(actor, AccessAction.SUBJECT_ACCESS, patient_id=record.id)
        return write_document([("exported_at", self.clock.now()), *self.sections.of(actor, records)])
