from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.errors import ErrorCollector, VersionMismatch
from core.matching.entities import DuplicatePair, Merge, MergeResult, PairState
from core.matching.errors import PatientsDiffer
from core.matching.merging import Choices, combine, parse_choices
from core.matching.ports import DuplicatePairs, MergeRepository, UpstreamValues
from core.matching.services.duplicates import DuplicateQueue
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.ports import MergedRecords, PatientRepository
from core.patients.services.recorder import PatientRecorder
from core.patients.values import Status
from core.ports import Atomic, Clock, IdGenerator
from core.values import parse_reason


@frozen
class _Change:
    actor: Actor
    reason: str
    at: datetime


@frozen
class MergePatients:
    """Makes another record of the same person part of a patient's.

    The survivor keeps its id and gets the values that `combine` chooses. The other record stays as it is, with the
    status `merged`: its id, numbers and names lead to the survivor. With `preview`, nothing is stored.

    `expected_version` and `expected_other_version` work as in `UpdatePatient`. `errors` are reported together with
    those of `choices` and `reason`. Raises `Forbidden`, `ValidationError`, `PatientNotFound`, `VersionMismatch`,
    `PatientMerged`, `PatientArchived`, and `PatientsDiffer` if the two were decided to be different persons.
    """

    patients: PatientRepository
    merged: MergedRecords
    merges: MergeRepository
    pairs: DuplicatePairs
    queue: DuplicateQueue
    upstream_values: UpstreamValues
    recorder: PatientRecorder
    accesses: AccessRecorder
    atomic: Atomic
    clock: Clock
    ids: IdGenerator

    def __call__(
        self,
        *,
        actor: Actor,
        patient_id: UUID,
        other_id: UUID,
        expected_version: int | None = None,
        expected_other_version: int | None = None,
        choices: object = None,
        reason: object = None,
        preview: bool = False,
        errors: ErrorCollector | None = None,
    ) -> MergeResult:
        actor.require(Permission.MERGE_PATIENTS)
        errors = errors or ErrorCollector()
        chosen: Choices = {}
        text = ""
        with errors.field("choices"):
            chosen = parse_choices({} if choices is None else choices)
        with errors.field("reason"):
            text = parse_reason(reason)
        if patient_id == other_id:
            errors.add("other", "same", "Must be another patient.")
        errors.raise_if_any()

        def merge() -> MergeResult:
            locked = {one: self.patients.lock(one) for one in sorted((patient_id, other_id))}
            survivor, other = locked[patient_id], locked[other_id]
            if expected_version not in (None, survivor.version) or expected_other_version not in (None, other.version):
                raise VersionMismatch
            survivor.ensure_not_merged()
            other.ensure_not_merged()
            survivor.ensure_not_archived()
            absorbed = [self.patients.lock(one) for one in sorted(self.merged.merged_into([other_id]))]
            pairs = self._pairs(survivor, [other, *absorbed])
            combined = combine(survivor, other, chosen)
            if preview:
                return MergeResult.of(None, survivor, combined, other)
            return self._merge(_Change(actor, text, self.clock.now()), survivor, combined, [other, *absorbed], pairs)

        result = self.atomic(merge)
        if preview:
            self.accesses.record_each(actor, AccessAction.PATIENT_VIEWED, (patient_id, other_id))
        return result

    def _pairs(self, survivor: Patient, others: Sequence[Patient]) -> tuple[DuplicatePair, ...]:
        """The pairs of the records that become part of the survivor's. Raises `PatientsDiffer`."""
        family = {survivor.id, *self.merged.merged_into([survivor.id])}
        pairs = self.pairs.of([other.id for other in others])
        if any(pair.state is PairState.DIFFERENT and not family.isdisjoint(pair.patient_ids) for pair in pairs):
            raise PatientsDiffer
        return pairs

    def _merge(
        self,
        change: _Change,
        survivor: Patient,
        combined: Patient,
        others: Sequence[Patient],
        pairs: Sequence[DuplicatePair],
    ) -> MergeResult:
        """`others` are the other record and those that were merged into it before."""
        other, *absorbed = others
        merged, *_ = [
            self._save(change, one, evolve(one, status=Status.MERGED, merged_into=survivor.id)) for one in others
        ]
        after = self._save(change, survivor, combined)  # last, because it takes values of the others over
        if after.external_id != survivor.external_id:
            self.upstream_values.copy(other.id, survivor.id)
        merge = Merge(
            id=self.ids.new(change.at),
            survivor_id=survivor.id,
            other_id=other.id,
            survivor_version=after.version,
            other_status=other.status,
            at=change.at,
            actor=change.actor.name,
            absorbed=tuple(one.id for one in absorbed),
        )
        self.merges.add(merge)
        self._close(merge, pairs)
        self.queue.review([after])
        return MergeResult.of(merge, survivor, after, merged)

    def _save(self, change: _Change, before: Patient, after: Patient) -> Patient:
        after = evolve(after, version=before.version + 1, updated_at=change.at)
        return self.recorder.save(
            Action.MERGED, change.actor, change.at, before=before, after=after, reason=change.reason
        )

    def _close(self, merge: Merge, pairs: Sequence[DuplicatePair]) -> None:
        """Decides the pair of the two records. Other pairs of theirs are found again, as pairs of the survivor."""
        for pair in pairs:
            if pair.state.is_decided:
                continue
            if set(pair.patient_ids) == {merge.survivor_id, merge.other_id}:
                same = evolve(pair, state=PairState.SAME, decided_by=merge.actor, decided_at=merge.at, reason="")
                self.pairs.replace(same)
            else:
                self.pairs.remove([pair.id])
