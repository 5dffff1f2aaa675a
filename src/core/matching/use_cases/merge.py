from collections.abc import Sequence
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Permission
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
from core.values import MAX_REASON_LENGTH, parse_single_line


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
            text = "" if reason is None else parse_single_line(reason, MAX_REASON_LENGTH)
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
            return self._merge(actor, survivor, other, absorbed, pairs, chosen, text, preview=preview)

        return self.atomic(merge)

    def _pairs(self, survivor: Patient, others: Sequence[Patient]) -> tuple[DuplicatePair, ...]:
        """The pairs of the records that become part of the survivor's. Raises `PatientsDiffer`."""
        family = {survivor.id, *self.merged.merged_into([survivor.id])}
        pairs = self.pairs.of([other.id for other in others])
        if any(pair.state is PairState.DIFFERENT and not family.isdisjoint(pair.patient_ids) for pair in pairs):
            raise PatientsDiffer
        return pairs

    def _merge(
        self,
        actor: Actor,
        survivor: Patient,
        other: Patient,
        absorbed: Sequence[Patient],
        pairs: Sequence[DuplicatePair],
        choices: Choices,
        reason: str,
        *,
        preview: bool,
    ) -> MergeResult:
        now = self.clock.now()
        after = evolve(combine(survivor, other, choices), version=survivor.version + 1, updated_at=now)
        new = after.to_json()
        fields = tuple(name for name, value in survivor.to_json().items() if new[name] != value)
        if preview:
            return MergeResult(None, after, other, fields)

        def save(before: Patient, changed: Patient) -> Patient:
            changed = evolve(changed, version=before.version + 1, updated_at=now)
            return self.recorder.save(Action.MERGED, actor, now, before=before, after=changed, reason=reason)

        merged = save(other, evolve(other, status=Status.MERGED, merged_into=survivor.id))
        for one in absorbed:
            save(one, evolve(one, merged_into=survivor.id))
        save(survivor, after)
        if after.external_id != survivor.external_id:
            self.upstream_values.copy(other.id, survivor.id)
        merge = Merge(
            id=self.ids.new(now),
            survivor_id=survivor.id,
            other_id=other.id,
            survivor_version=after.version,
            other_status=other.status,
            at=now,
            actor=actor.name,
            absorbed=tuple(one.id for one in absorbed),
        )
        self.merges.add(merge)
        self._close(actor, merge, pairs)
        self.queue.review([after])
        return MergeResult(merge, after, merged, fields)

    def _close(self, actor: Actor, merge: Merge, pairs: Sequence[DuplicatePair]) -> None:
        undecided = [pair for pair in pairs if not pair.state.is_decided]
        for pair in undecided:
            if set(pair.patient_ids) == {merge.survivor_id, merge.other_id}:
                self.pairs.replace(
                    evolve(pair, state=PairState.SAME, decided_by=actor.name, decided_at=merge.at, reason="")
                )
            else:
                self.pairs.remove([pair.id])
