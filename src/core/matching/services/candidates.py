from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import combinations
from types import MappingProxyType
from uuid import UUID

from attrs import frozen

from core.matching.blocking import BlockingKey, blocking_keys
from core.matching.comparable import ComparableDetails, comparable
from core.matching.details import PersonDetails
from core.matching.entities import Candidate, Candidates
from core.matching.ports import BlockingKeys, PatientsForMatching
from core.matching.scoring import Grade, Thresholds, may_match, score
from core.patients.entities import Patient

MAX_PER_KEY = 64
MAX_PER_CUT_KEY = 1000
MAX_COMPARED = 256


@frozen
class Person:
    """A patient as matching sees them."""

    patient: Patient
    details: ComparableDetails

    @classmethod
    def of(cls, patient: Patient) -> "Person":
        return cls(patient, comparable(PersonDetails.of(patient)))

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
        among_themselves: bool = False,
        older_only: bool = False,
        known: Mapping[UUID, Collection[UUID]] = MappingProxyType({}),
    ) -> dict[UUID, Candidates]:
        """The candidates of each person, by the id of the person's record.

        Compares a person with the patients who share one of the person's keys; with those who share the most, if there
        are more than `MAX_COMPARED`; and with those `known` to be alike. With `older_only`, only with lower ids; with
        `among_themselves`, also with the people who are not stored yet and have lower ids.
        """
        fellows = {person.patient.id: person for person in people} if among_themselves else {}
        holders = self._holders(people, among_themselves=among_themselves)
        more = self._more_holders(holders)
        compared: dict[UUID, set[UUID]] = {}
        for person in people:
            own = person.patient.id
            ids = (one for one in _most_shared(person, holders, more) if one < own or one not in fellows)
            compared[own] = {one for one in ids if one < own or not older_only}.union(known.get(own, ()))
        others = fellows | self._stored(set[UUID]().union(*compared.values()) - fellows.keys())
        survivors = self._survivors(others)
        size = self.patients.estimated_count()
        found: dict[UUID, Candidates] = {}
        for person in people:
            own = person.patient.id
            alike = [others[one] for one in compared[own] if one in others]
            cut_keys = dict.fromkeys(key.kind for key in person.keys if key.digest in more)
            found[own] = Candidates(self._compare(person, alike, survivors, size), tuple(cut_keys))
        return found

    def _holders(self, people: Sequence[Person], *, among_themselves: bool) -> Holders:
        digests = {key.digest for person in people for key in person.keys}
        stored = self.keys.holders(digests, MAX_PER_KEY + 1)
        if not among_themselves:
            return stored
        holders = defaultdict(list[UUID], {digest: list(ids) for digest, ids in stored.items()})
        for person in people:
            for key in person.keys:
                holders[key.digest].append(person.patient.id)
        return holders

    def _more_holders(self, holders: Holders) -> dict[bytes, AbstractSet[UUID]]:
        """Of the keys that too many share."""
        cut = [digest for digest, ids in holders.items() if len(ids) > MAX_PER_KEY]
        more = self.keys.holders(cut, MAX_PER_CUT_KEY) if cut else {}
        return {digest: {*holders[digest], *more.get(digest, ())} for digest in cut}

    def _stored(self, ids: Collection[UUID]) -> dict[UUID, Person]:
        return {patient.id: Person.of(patient) for patient in self.patients.get_all(ids)}

    def _survivors(self, known: Mapping[UUID, Person]) -> dict[UUID, Patient]:
        ids = {person.patient.merged_into for person in known.values() if person.patient.merged_into}
        return {patient.id: patient for patient in self.patients.get_all(ids)} if ids else {}

    def _compare(
        self, person: Person, others: Sequence[Person], survivors: Mapping[UUID, Patient], size: int
    ) -> tuple[Candidate, ...]:
        best: dict[UUID, Candidate] = {}
        own = person.patient.id
        for other in others:
            survivor = other.patient.merged_into
            patient = survivors.get(survivor, other.patient) if survivor else other.patient
            pair = person.details, other.details
            if patient.id == own or not may_match(*pair, registry_size=size, thresholds=self.thresholds):
                continue
            match = score(*pair, registry_size=size, thresholds=self.thresholds)
            if match.grade is Grade.UNLIKELY:
                continue
            if patient.id not in best or best[patient.id].match.score < match.score:
                best[patient.id] = Candidate(patient, match)
        return tuple(sorted(best.values(), key=lambda candidate: (-candidate.match.score, candidate.patient.id)))


def _most_shared(person: Person, holders: Holders, more: Mapping[bytes, AbstractSet[UUID]]) -> list[UUID]:
    """The patients who share most keys with the person. A key that too many share counts only for those who share
    another one."""
    digests = [key.digest for key in person.keys]
    shared = Counter(one for digest in digests if digest not in more for one in holders.get(digest, ()))
    cut = [more[digest] for digest in digests if digest in more]
    for one in {*shared, *(one for a, b in combinations(cut, 2) for one in a & b)}:
        shared[one] += sum(one in ids for ids in cut)
    del shared[person.patient.id]
    return [one for one, _ in shared.most_common(MAX_COMPARED)]
