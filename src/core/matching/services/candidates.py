from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import combinations
from types import MappingProxyType
from uuid import UUID

from attrs import frozen

from core.matching.blocking import BlockingKey, blocking_keys
from core.matching.comparable import ComparableDetails, comparable
from core.matching.details import StoredPerson
from core.matching.entities import Candidate, Candidates
from core.matching.ports import BlockingKeys, PatientsForMatching
from core.matching.scoring import Grade, Match, Thresholds, may_match, score
from core.patients.entities import Patient

MAX_PER_KEY = 64
MAX_PER_CUT_KEY = 1000
MAX_COMPARED = 256


@frozen
class Person:
    """A patient as matching sees them."""

    id: UUID
    merged_into: UUID | None
    details: ComparableDetails

    @classmethod
    def of(cls, patient: Patient) -> "Person":
        return cls.of_stored(StoredPerson.of(patient))

    @classmethod
    def of_stored(cls, person: StoredPerson) -> "Person":
        return cls(person.id, person.merged_into, comparable(person.details))

    @cached_property
    def keys(self) -> tuple[BlockingKey, ...]:
        return blocking_keys(self.details)


Holders = Mapping[bytes, Collection[UUID]]
"""The patients with each key."""


@frozen
class CandidateFinder:
    """Finds the patients who may be given persons. A merged record stands for its survivor."""

    keys: BlockingKeys
    patients: PatientsForMatching
    thresholds: Thresholds

    def find(
        self,
        people: Sequence[Person],
        *,
        new: Mapping[UUID, Patient] = MappingProxyType({}),
        older_only: bool = False,
        known: Mapping[UUID, Collection[UUID]] = MappingProxyType({}),
    ) -> dict[UUID, Candidates]:
        """The candidates of each person, by the id of the person's record.

        Compares a person with the patients who share one of the person's keys; with those who share the most, if there
        are more than `MAX_COMPARED`; and with those `known` to be alike. With `older_only`, only with lower ids. `new`
        people are not stored yet, and are also compared with each other.
        """
        holders = self._holders(people, new)
        more = self._more_holders(holders)
        compared: dict[UUID, set[UUID]] = {}
        for person in people:
            own = person.id
            ids = (one for one in _most_shared(person, holders, more) if one < own or one not in new)
            compared[own] = {one for one in ids if one < own or not older_only}.union(known.get(own, ()))
        others = {person.id: person for person in people if person.id in new}
        stored = self.patients.people(set[UUID]().union(*compared.values()) - others.keys())
        others |= {person.id: Person.of_stored(person) for person in stored}
        size = self.patients.estimated_count() if others else 0
        matches = {
            person.id: self._compare(person, [others[one] for one in compared[person.id] if one in others], size)
            for person in people
        }
        found = self.patients.get_all(set[UUID]().union(*matches.values()) - new.keys())
        patients = {**new, **{patient.id: patient for patient in found}}
        return {
            person.id: Candidates(
                _by_falling_score(matches[person.id], patients),
                tuple(dict.fromkeys(key.kind for key in person.keys if key.digest in more)),
            )
            for person in people
        }

    def _holders(self, people: Sequence[Person], new: Collection[UUID]) -> Holders:
        digests = {key.digest for person in people for key in person.keys}
        stored = self.keys.holders(digests, MAX_PER_KEY + 1)
        holders = defaultdict(list[UUID], {digest: list(ids) for digest, ids in stored.items()})
        for person in people:
            if person.id in new:
                for key in person.keys:
                    holders[key.digest].append(person.id)
        return holders

    def _more_holders(self, holders: Holders) -> dict[bytes, AbstractSet[UUID]]:
        """Of the keys that too many share."""
        cut = [digest for digest, ids in holders.items() if len(ids) > MAX_PER_KEY]
        more = self.keys.holders(cut, MAX_PER_CUT_KEY) if cut else {}
        return {digest: {*holders[digest], *more.get(digest, ())} for digest in cut}

    def _compare(self, person: Person, others: Iterable[Person], size: int) -> dict[UUID, Match]:
        """The best match of each patient who may be the person."""
        best: dict[UUID, Match] = {}
        for other in others:
            patient_id = other.merged_into or other.id
            pair = person.details, other.details
            if patient_id == person.id or not may_match(*pair, registry_size=size, thresholds=self.thresholds):
                continue
            match = score(*pair, registry_size=size, thresholds=self.thresholds)
            if match.grade is Grade.UNLIKELY:
                continue
            if patient_id not in best or best[patient_id].score < match.score:
                best[patient_id] = match
        return best


def _most_shared(person: Person, holders: Holders, more: Mapping[bytes, AbstractSet[UUID]]) -> list[UUID]:
    """The patients who share most keys with the person. A key that too many share counts only for those who share
    another one."""
    digests = [key.digest for key in person.keys]
    shared = Counter(one for digest in digests if digest not in more for one in holders.get(digest, ()))
    cut = [more[digest] for digest in digests if digest in more]
    for one in {*shared, *(one for a, b in combinations(cut, 2) for one in a & b)}:
        shared[one] += sum(one in ids for ids in cut)
    del shared[person.id]
    return [one for one, _ in shared.most_common(MAX_COMPARED)]


def _by_falling_score(matches: Mapping[UUID, Match], patients: Mapping[UUID, Patient]) -> tuple[Candidate, ...]:
    found = (Candidate(patients[one], match) for one, match in matches.items() if one in patients)
    return tuple(sorted(found, key=lambda candidate: (-candidate.match.score, candidate.patient.id)))
