from collections.abc import Callable
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import VersionMismatch
from core.patients.entities import Patient
from core.patients.ports import MergedRecords, PatientRepository
from core.patients.services.eraser import Eraser
from core.ports import Atomic, Clock


@frozen
class ErasePatient:
    """Removes a patient permanently, in any status. The email can be used again; the id is never reused.

    The audit events stay without their values, and a last event records the erasure. Rejected import rows about the
    patient are removed too: rows with an email, external id or identifier that the patient ever had, or with the same
    names and date of birth. Values that another record had until a merge was undone leave its history. The records
    that were merged into the patient are erased as well; a merged record alone cannot be.
    `expected_version` and `check` work as in `UpdatePatient`.
    Raises `Forbidden`, `PatientNotFound`, `PatientMerged`, `VersionMismatch`.
    """

    patients: PatientRepository
    merged: MergedRecords
    eraser: Eraser
    atomic: Atomic
    clock: Clock

    def __call__(
        self,
        *,
        actor: Actor,
        patient_id: UUID,
        expected_version: int | None = None,
        check: Callable[[Patient], None] = lambda _: None,
    ) -> None:
        actor.require(Permission.ERASE_PATIENTS)
        now = self.clock.now()

        def erase() -> None:
            patient = self.patients.lock(patient_id)
            check(patient)
            if expected_version not in (None, patient.version):
                raise VersionMismatch
            patient.ensure_not_merged()
            for one in (*sorted(self.merged.merged_into([patient.id])), patient.id):
                self.eraser.erase(actor, now, self.patients.lock(one))

        self.atomic(erase)
