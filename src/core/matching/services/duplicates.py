from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.matching.details import PersonDetails
from core.matching.entities import Candidate, Candidates, DuplicatePair, PairState
from core.matching.errors import PossibleDuplicate
from core.matching.ports import BlockingKeys, DuplicatePairs
from core.matching.scoring import Grade
from core.matching.services.candidates import CandidateFinder, Person
from core.matching.weights import WEIGHTS_VERSION
from core.patients.entities import Patient
from core.patients.ports import DuplicateCheck, DuplicatesFound, MergedRecords
from core.ports import Clock, IdGenerator

BATCH_SIZE = 100
MAX_PAIRS = 20  # that a person is put into at once


@frozen
class DuplicateQueue(DuplicateCheck):
    """Puts pairs of possible duplicates into the queue for review, and refuses certain ones."""

    keys: BlockingKeys
    finder: CandidateFinder
    pairs: DuplicatePairs
    merged: MergedRecords
    clock: Clock
    ids: IdGenerator

    def check_new(self, actor: Actor, patient: Patient, *, refuse: bool) -> None:
        """Raises `PossibleDuplicate`."""
        person = Person.of(patient)
        self.keys.guard([key.digest for key in person.keys])
        found = self.finder.find([person])
        if refuse and (certain := _certain(found[patient.id])):
            raise PossibleDuplicate(certain if actor.may(Permission.VIEW_PATIENTS) else ())
        self.record(found)

    def find_new(self, patients: Sequence[Patient]) -> DuplicatesFound:
        new = {patient.id: patient for patient in patients}
        return _Found(self.finder.find(list(map(Person.of, patients)), new=new), self.record)

    def review(self, patients: Sequence[Patient], *, older_only: bool = False) -> set[UUID]:
        """With `older_only`, compares each patient only with older ones, which finds every pair once if all are
        reviewed."""
        paired: set[UUID] = set()
        for start in range(0, len(patients), BATCH_SIZE):
            batch = [patient for patient in patients[start : start + BATCH_SIZE] if patient.merged_into is None]
            paired |= self._review(batch, older_only=older_only)
        return paired

    def review_changed(self, changes: Sequence[tuple[Patient, Patient]]) -> None:
        self.review([after for before, after in changes if PersonDetails.of(before) != PersonDetails.of(after)])

    def _review(self, patients: Sequence[Patient], *, older_only: bool) -> set[UUID]:
        ids = {patient.id for patient in patients}
        undecided = self.pairs.of(ids, [PairState.OPEN, PairState.LATER])
        known: dict[UUID, list[UUID]] = defaultdict(list)
        for pair in undecided:
            known[pair.first_id].append(pair.second_id)
            known[pair.second_id].append(pair.first_id)
        people = [Person.of(patient) for patient in patients]
        alike = self.record(self.finder.find(people, older_only=older_only, known=known))
        queued = {_in_order(one, other) for one, others in alike.items() for other in others}
        self.pairs.remove([pair.id for pair in undecided if pair.patient_ids not in queued])
        return {one for one, others in alike.items() if others}

    def record(self, found: Mapping[UUID, Candidates]) -> dict[UUID, list[UUID]]:
        """Records the most probable pairs of each person. Returns the candidates of each, without those who were
        decided to be different."""
        paired = {person: _ids(candidates) for person, candidates in found.items() if candidates.found}
        differing = self._differing({one for person, others in paired.items() for one in (person, *others)})
        alike = {
            person: [other for other in others if _in_order(person, other) not in differing]
            for person, others in paired.items()
        }
        best = {
            _in_order(person, candidate.patient.id): candidate
            for person, others in alike.items()
            for candidate in found[person].found[:MAX_PAIRS]
            if candidate.patient.id in others
        }
        if best:
            self.pairs.record([self._pair(ids, candidate) for ids, candidate in best.items()])
        return alike

    def _differing(self, ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
        """The patients who were decided to be different, themselves or by records merged into them."""
        if not ids:
            return set()
        survivor_of = self.merged.merged_into(ids)
        pairs = self.pairs.of({*ids, *survivor_of}, [PairState.DIFFERENT])
        return {_in_order(*(survivor_of.get(one, one) for one in pair.patient_ids)) for pair in pairs}

    def _pair(self, ids: tuple[UUID, UUID], candidate: Candidate) -> DuplicatePair:
        now = self.clock.now()
        first, second = ids
        return DuplicatePair(
            id=self.ids.new(now),
            first_id=first,
            second_id=second,
            probability=candidate.match.probability,
            evidence=candidate.match.evidence,
            weights_version=WEIGHTS_VERSION,
            found_at=now,
        )


@frozen
class _Found(DuplicatesFound):
    found: Mapping[UUID, Candidates]
    record: Callable[[Mapping[UUID, Candidates]], object]

    @property
    def certain(self) -> dict[UUID, list[UUID]]:
        return {
            one: [candidate.patient.id for candidate in certain]
            for one, other in self.found.items()
            if (certain := _certain(other))
        }

    def queue(self, added: Set[UUID]) -> None:
        def stored(candidate: Candidate) -> bool:
            return candidate.patient.id in added or candidate.patient.id not in self.found

        self.record(
            {
                one: evolve(self.found[one], found=tuple(filter(stored, self.found[one].found)))
                for one in added
                if self.found[one].found
            }
        )


def _in_order(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    return (one, other) if one < other else (other, one)


def _ids(candidates: Candidates) -> list[UUID]:
    return [candidate.patient.id for candidate in candidates.found]


def _certain(candidates: Candidates) -> list[Candidate]:
    return [candidate for candidate in candidates.found if candidate.match.grade is Grade.CERTAIN]
