from collections.abc import Callable
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import VersionMismatch
from core.patients.entities import Patient
from core.patients.ports import PatientRepository
from core.patients.use_cases.ledger import Ledger
from core.ports import Atomic, Clock


@frozen
class ErasePatient:
    """Removes a patient for good, in any status. The email is free again; the id is never reused.

    Of the audit trail the events stay, without the values they held, and a last one says who erased the patient.
    `seen_version` and `check` refuse it as they refuse a change.
    Raises `Forbidden`, `PatientNotFound`, `VersionMismatch`.
    """

    patients: PatientRepository
    ledger: Ledger
    atomic: Atomic
    clock: Clock

    def __call__(
        self,
        *,
        actor: Actor,
        patient_id: UUID,
        seen_version: int | None = None,
        check: Callable[[Patient], None] = lambda _: None,
    ) -> None:
        actor.require(Permission.ERASE_PATIENTS)
        now = self.clock.now()

        def erase() -> None:
            patient = self.patients.lock(patient_id)
            check(patient)
            if seen_version not in (None, patient.version):
                raise VersionMismatch
            self.ledger.strike(actor, now, patient)

        self.atomic(erase)
