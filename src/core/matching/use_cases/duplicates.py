from enum import StrEnum
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.errors import ErrorCollector, InvalidValue
from core.matching.entities import DuplicatePair, PairCursor, PairPage, PairState, PairView
from core.matching.errors import PairDecided, PairMerged, PairNotFound
from core.matching.ports import DuplicatePairs, PatientsForMatching
from core.patients.ports import PatientRepository
from core.ports import Atomic, Clock
from core.values import DEFAULT_PER_PAGE, parse_enum, parse_page_limit, parse_reason


@frozen
class ListDuplicates:
    """The pairs of possible duplicates in a state, `open` by default, by falling probability.

    `errors` are reported together with those of the filters. Raises `Forbidden`, `ValidationError`.
    """

    pairs: DuplicatePairs
    patients: PatientsForMatching
    accesses: AccessRecorder

    def __call__(
        self,
        *,
        actor: Actor,
        state: object = PairState.OPEN,
        min_probability: object = 0.0,
        after: PairCursor | None = None,
        limit: object = DEFAULT_PER_PAGE,
        errors: ErrorCollector | None = None,
    ) -> PairPage:
        actor.require(Permission.REVIEW_PATIENTS)
        errors = errors or ErrorCollector()
        wanted, lowest, most = PairState.OPEN, 0.0, DEFAULT_PER_PAGE
        with errors.field("state"):
            wanted = parse_enum(state, PairState)
        with errors.field("min_probability"):
            lowest = _parse_probability(min_probability)
        with errors.field("limit"):
            most = parse_page_limit(limit)
        errors.raise_if_any()
        found = self.pairs.find([wanted], min_probability=lowest, after=after, limit=most + 1)
        pairs = found[:most]
        patients = self.patients.get_all({one for pair in pairs for one in pair.patient_ids})
        self.accesses.record_each(actor, AccessAction.DUPLICATES_VIEWED, [patient.id for patient in patients])
        last = PairCursor(pairs[-1].probability, pairs[-1].id) if len(found) > most else None
        return PairPage(pairs, {patient.id: patient for patient in patients}, last)


@frozen
class ViewDuplicate:
    """A pair of possible duplicates with its two records. Raises `Forbidden`, `PairNotFound`."""

    pairs: DuplicatePairs
    patients: PatientsForMatching
    accesses: AccessRecorder

    def __call__(self, *, actor: Actor, pair_id: UUID) -> PairView:
        actor.require(Permission.REVIEW_PATIENTS)
        pair = self.pairs.get(pair_id)
        found = {patient.id: patient for patient in self.patients.get_all(pair.patient_ids)}
        if len(found) < 2:  # erased since
            raise PairNotFound
        self.accesses.record_each(actor, AccessAction.DUPLICATES_VIEWED, pair.patient_ids)
        return PairView(pair, found[pair.first_id], found[pair.second_id])


class Decision(StrEnum):
    SAME = "same"
    DIFFERENT = "different"
    LATER = "later"


@frozen
class DecideDuplicate:
    """Decides whether the two records of a pair describe one person. `later` puts the decision off, or takes it back.

    Two records decided as different are not paired again and cannot be merged, nor can records that they are merged
    into. `errors` are reported together with those of `decision` and `reason`.
    Raises `Forbidden`, `ValidationError`, `PairNotFound`, `PairDecided`, `PairMerged`.
    """

    pairs: DuplicatePairs
    patients: PatientRepository
    atomic: Atomic
    clock: Clock

    def __call__(
        self,
        *,
        actor: Actor,
        pair_id: UUID,
        decision: object,
        reason: object = None,
        errors: ErrorCollector | None = None,
    ) -> DuplicatePair:
        actor.require(Permission.REVIEW_PATIENTS)
        errors = errors or ErrorCollector()
        decided, text = Decision.LATER, ""
        with errors.field("decision"):
            decided = parse_enum(decision, Decision)
        with errors.field("reason"):
            text = parse_reason(reason)
        errors.raise_if_any()

        def decide() -> DuplicatePair:
            first, second = [self.patients.lock(one) for one in self.pairs.get(pair_id).patient_ids]
            pair = self.pairs.get(pair_id)  # once more, because it may have been decided before the locks were held
            if first.survivor_id == second.survivor_id:
                raise PairMerged
            if pair.state.is_decided and decided is not Decision.LATER:
                raise PairDecided
            after = evolve(
                pair, state=PairState(decided), decided_by=actor.name, decided_at=self.clock.now(), reason=text
            )
            self.pairs.replace(after)
            return after

        return self.atomic(decide)


def _parse_probability(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= 1:
        raise InvalidValue("range", "Must be a number from 0 to 1.")
    return float(raw)
