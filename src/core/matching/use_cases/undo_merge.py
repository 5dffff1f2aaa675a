from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.matching.entities import Merge, PairState, UndoResult
from core.matching.errors import MergeAlreadyUndone, MergeNotFound, SurvivorMerged
from core.matching.ports import DuplicatePairs, MergeRepository, UpstreamValues
from core.matching.services.duplicates import DuplicateQueue
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.ports import PatientRepository
from core.patients.restoring import Restored, restore
from core.patients.services.recorder import PatientRecorder
from core.ports import Atomic, Clock


@frozen
class UndoMerge:
    """Separates two merged records.

    The other record is as it was before the merge. Each field of the survivor that the merge changed gets its former
    value back, unless it was changed since: then it keeps that change, and the result names it. If the two still look
    like one person, the pair is in the queue again.

    Raises `Forbidden`, `MergeNotFound`, `MergeAlreadyUndone`, `SurvivorMerged`, and `EmailTaken`, `ExternalIdTaken` or
    `IdentifierTaken` if another patient has a former value of theirs by now. A merge whose values were erased is not
    found either.
    """

    patients: PatientRepository
    merges: MergeRepository
    pairs: DuplicatePairs
    queue: DuplicateQueue
    upstream_values: UpstreamValues
    recorder: PatientRecorder
    atomic: Atomic
    clock: Clock

    def __call__(self, *, actor: Actor, merge_id: UUID) -> UndoResult:
        actor.require(Permission.MERGE_PATIENTS)

        def undo() -> UndoResult:
            ids = self._ids(merge_id)
            records = {one: self.patients.lock(one) for one in sorted(ids)}
            merge = self.merges.get(merge_id)  # once more, because it may have been undone before the locks were held
            if merge.undone_at is not None:
                raise MergeAlreadyUndone
            if records[merge.survivor_id].merged_into is not None:
                raise SurvivorMerged
            return self._undo(actor, merge, records)

        return self.atomic(undo)

    def _ids(self, merge_id: UUID) -> tuple[UUID, ...]:
        merge = self.merges.get(merge_id)
        return merge.survivor_id, merge.other_id, *merge.absorbed

    def _undo(self, actor: Actor, merge: Merge, records: dict[UUID, Patient]) -> UndoResult:
        now = self.clock.now()

        def save(before: Patient, changed: Patient) -> Patient:
            changed = evolve(changed, version=before.version + 1, updated_at=now)
            return self.recorder.save(Action.MERGE_UNDONE, actor, now, before=before, after=changed)

        survivor, other = records[merge.survivor_id], records[merge.other_id]
        restored = self._restored(merge, survivor)
        separate = save(survivor, restored.patient)  # first, because it gives up values of the others
        if separate.external_id != survivor.external_id:
            self.upstream_values.remove(survivor.id)  # it is about the other record
        for one in merge.absorbed:
            save(records[one], evolve(records[one], merged_into=other.id))
        again = save(other, evolve(other, status=merge.other_status, merged_into=None))
        undone = evolve(merge, undone_at=now, undone_by=actor.name)
        self.merges.replace(undone)
        self._reopen(merge)
        self.queue.review([separate, again])
        return UndoResult(undone, separate, again, restored.kept)

    def _restored(self, merge: Merge, survivor: Patient) -> Restored:
        before_version = merge.survivor_version + 1
        (event,) = self.recorder.trail.history(survivor.id, before_version=before_version, limit=1)
        if event.values is None:  # erased, with somebody who was merged at the same time
            raise MergeNotFound
        return restore(survivor, event.values.before, event.values.after)

    def _reopen(self, merge: Merge) -> None:
        for pair in self.pairs.of([merge.other_id]):
            if pair.state is PairState.SAME and merge.survivor_id in pair.patient_ids:
                self.pairs.replace(evolve(pair, state=PairState.OPEN, decided_by="", decided_at=None))
