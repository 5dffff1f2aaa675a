from collections.abc import Callable
from typing import Unpack
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.errors import ErrorCollector, VersionMismatch
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.fields import Changes
from core.patients.ports import DuplicateCheck, PatientRepository
from core.patients.services.recorder import PatientRecorder
from core.patients.services.rules import CurrentRules
from core.ports import Atomic, Clock


@frozen
class UpdatePatient:
    """Changes the given fields of a patient, status included. Without a difference, the version stays the same.

    A current version other than `expected_version` raises `VersionMismatch`. `check` is called with the locked record
    and can raise to prevent the change. `errors` are reported together with those of the fields.
    Raises `Forbidden`, `ValidationError`, `PatientNotFound`, `VersionMismatch`, `PatientMerged`, `PatientArchived`,
    `StatusMoveRefused`, `EmailTaken`, `ExternalIdTaken`, `IdentifierTaken`.
    """

    patients: PatientRepository
    recorder: PatientRecorder
    duplicates: DuplicateCheck
    atomic: Atomic
    clock: Clock
    rules: CurrentRules
    accesses: AccessRecorder

    def __call__(
        self,
        *,
        actor: Actor,
        patient_id: UUID,
        expected_version: int | None = None,
        check: Callable[[Patient], None] = lambda _: None,
        errors: ErrorCollector | None = None,
        **changes: Unpack[Changes],
    ) -> Patient:
        actor.require(Permission.UPDATE_PATIENTS)
        now = self.clock.now()
        rules = self.rules()

        def update() -> tuple[Patient, bool]:
            before = self.patients.lock(patient_id)
            check(before)
            if expected_version not in (None, before.version):
                raise VersionMismatch
            after = before.changed(now, rules, errors, **changes)
            if after is before:
                return before, False
            self.recorder.save(Action.UPDATED, actor, now, before=before, after=after)
            self.duplicates.review_changed([(before, after)])
            return after, True

        patient, changed = self.atomic(update)
        if not changed:
            self.accesses.record(actor, AccessAction.PATIENT_VIEWED, patient_id=patient_id)
        return patient
