from collections.abc import Callable
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import VersionMismatch
from core.patients.entities import Patient
from core.patients.person_keys import person_keys
from core.patients.ports import MergedRecords, PatientRepository, RejectedRows
from core.patients.services.recorder import PatientRecorder
from core.ports import Atomic, Clock

HISTORY_PAGE_SIZE = 200


@frozen
class ErasePatient:
    """Removes a patient permanently, in any status. The email can be used again; the id is never reused.

    The audit events stay without their values, and a last event records the erasure. Rejected import rows about the
    patient are removed too: rows with an email, external id or identifier that the patient ever had, or with the same
    names and date of birth. The records that were merged into the patient are erased as well; a merged record alone
    cannot be.
    `expected_version` and `check` work as in `UpdatePatient`.
    Raises `Forbidden`, `PatientNotFound`, `PatientMerged`, `VersionMismatch`.
    """

    patients: PatientRepository
    merged: MergedRecords
    recorder: PatientRecorder
    rejects: RejectedRows
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
            merged = sorted(self.merged.merged_into([patient.id]))
            for record in [*map(self.patients.lock, merged), patient]:
                self.rejects.remove_about(self._person_keys(record))
                self.recorder.erase(actor, now, record)

        self.atomic(erase)

    def _person_keys(self, patient: Patient) -> frozenset[bytes]:
        keys, version = person_keys(patient.to_json()), patient.version + 1
        while events := self.recorder.trail.history(patient.id, before_version=version, limit=HISTORY_PAGE_SIZE):
            keys = keys.union(*(person_keys(event.values.before) for event in events if event.values))
            version = events[-1].version
        return keys
