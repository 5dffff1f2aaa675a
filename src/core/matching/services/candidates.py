from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.matching.blocking import BlockingKey, blocking_keys
from core.matching.comparable import ComparableDetails, comparable
from core.matching.details import PersonDetails
from core.matching.entities import Candidate, Candidates
from core.matching.errors import PossibleDuplicate
from core.matching.ports import BlockingKeys, PatientsForMatching
from core.matching.scoring import Grade, Match, Thresholds, score
from core.patients.entities import Patient
from core.patients.ports import DuplicateCheck

MAX_PER_KEY = 64
MAX_PER_CUT_KEY = 1000
MAX_COMPARED = 256


@frozen
class CandidateFinder:
    """Finds the patients who may be a given person."""

    keys: BlockingKeys
    patients: PatientsForMatching
    thresholds: Thresholds

    def find(
        self, person: ComparableDetails, keys: Sequence[BlockingKey], *, exclude: UUID | None = None
    ) -> Candidates:
        """Compares the person with the patients who share one of the person's `keys`; with those who share the most,
        if there are more than `MAX_COMPARED`."""
        holders = self.keys.holders([key.digest for key in keys], MAX_PER_KEY + 1)
        cut = tuple(key for key in keys if len(holders.get(key.digest, ())) > MAX_PER_KEY)
        shared = self._shared(holders, cut)
        ids = [patient_id for patient_id, _ in shared.most_common() if patient_id != exclude][:MAX_COMPARED]
        size = self.patients.estimated_count()
        found = [
            Candidate(patient, match)
            for patient in self.patients.get_all(ids)
            if (match := self._compare(person, patient, size)).grade is not Grade.UNLIKELY
        ]
        found.sort(key=lambda candidate: (-candidate.match.score, candidate.patient.id))
        return Candidates(tuple(found), tuple(dict.fromkeys(key.kind for key in cut)))

    def _shared(self, holders: Mapping[bytes, Collection[UUID]], cut: tuple[BlockingKey, ...]) -> Counter[UUID]:
        """The number of keys that each patient shares with the person."""
        digests = [key.digest for key in cut]
        whole = Counter(one for digest, ids in holders.items() if digest not in digests for one in ids)
        if not cut:
            return whole
        more = self.keys.holders(digests, MAX_PER_CUT_KEY)
        shared = whole + Counter(one for ids in more.values() for one in ids)
        return Counter({one: count for one, count in shared.items() if count > 1 or one in whole})

    def _compare(self, person: ComparableDetails, patient: Patient, size: int) -> Match:
        other = comparable(PersonDetails.of(patient))
        return score(person, other, registry_size=size, thresholds=self.thresholds)


@frozen
class RegistrationCheck(DuplicateCheck):
    """Refuses the registration of a person who certainly has a record."""

    keys: BlockingKeys
    finder: CandidateFinder

    def ensure_new(self, actor: Actor, patient: Patient) -> None:
        """Raises `PossibleDuplicate`."""
        person = comparable(PersonDetails.of(patient))
        keys = blocking_keys(person)
        self.keys.guard([key.digest for key in keys])
        found = self.finder.find(person, keys, exclude=patient.id).found
        certain = [candidate for candidate in found if candidate.match.grade is Grade.CERTAIN]
        if certain:
            raise PossibleDuplicate(certain if actor.may(Permission.VIEW_PATIENTS) else ())
