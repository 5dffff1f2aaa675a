"""The ledger of erasures: keeping it complete, and erasing again after a restore."""

from collections.abc import Iterator, Sequence, Set
from functools import partial
from uuid import UUID

from attrs import field, frozen

from core.access import Actor, Permission
from core.patients.audit import Erasure
from core.patients.errors import PatientNotFound
from core.patients.ports import ErasedPatients, ErasureLedger, MergedRecords, PatientRepository
from core.patients.services.eraser import Eraser
from core.ports import Atomic, Clock


@frozen
class CompleteErasureLedger:
    """Adds the erasures that the ledger lacks: a process was killed right after it erased, the ledger could not be
    written, or there was none yet. Returns how many. Raises `Forbidden`, `Unavailable`."""

    erased: ErasedPatients
    ledger: ErasureLedger
    page_size: int = field(default=1_000, kw_only=True)

    def __call__(self, *, actor: Actor) -> int:
        actor.require(Permission.ERASE_PATIENTS)
        known = {erasure.patient_id for erasure in self.ledger.read()}
        missing = [erasure for erasure in self._erased() if erasure.patient_id not in known]
        for erasure in missing:
            self.ledger.record(erasure)
        return len(missing)

    def _erased(self) -> Iterator[Erasure]:
        after: UUID | None = None
        while page := self.erased.erased(after=after, limit=self.page_size):
            yield from page
            after = page[-1].patient_id


@frozen
class Replay:
    """`erased` are the records that were there again. `kept` could not be erased: a merge joins them with records that
    were not erased, so it has to be undone first."""

    erased: tuple[UUID, ...]
    kept: tuple[UUID, ...]


@frozen
class ReplayErasures:
    """Erases every patient of the ledger that a restore brought back. Ids are never reused, so a patient of the ledger
    who is there was erased after the backup. Raises `Forbidden`, `Unavailable`."""

    patients: PatientRepository
    merged: MergedRecords
    ledger: ErasureLedger
    eraser: Eraser
    atomic: Atomic
    clock: Clock

    def __call__(self, *, actor: Actor) -> Replay:
        actor.require(Permission.ERASE_PATIENTS)
        ids = {erasure.patient_id for erasure in self.ledger.read()}
        erased, kept = list[UUID](), list[UUID]()
        for patient_id in sorted(ids):
            family = self.atomic(partial(self._erase, actor, patient_id, ids))
            if family is None:
                kept.append(patient_id)
            else:
                erased.extend(family)
        return Replay(tuple(erased), tuple(kept))

    def _erase(self, actor: Actor, patient_id: UUID, ids: Set[UUID]) -> Sequence[UUID] | None:
        """Returns the records of the person, or None if some of them were not erased."""
        try:
            patient = self.patients.lock(patient_id)
        except PatientNotFound:
            return ()
        survivor = patient.merged_into or patient.id
        family = (*sorted(self.merged.merged_into([survivor])), survivor)
        if not ids >= set(family):
            return None
        for one in family:
            self.eraser.erase(actor, self.clock.now(), self.patients.lock(one))
        return family
