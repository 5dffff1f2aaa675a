from typing import Unpack
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.errors import ErrorCollector, FieldError, ValidationError
from core.matching.entities import Candidates
from core.matching.services.candidates import CandidateFinder, Person
from core.patients.entities import Patient
from core.patients.fields import Changes, parse
from core.patients.services.rules import CurrentRules
from core.ports import Clock


@frozen
class MatchPatients:
    """Finds the patients who may be the person with these details, by falling probability. Stores nothing.

    Any details of a registration will do that are enough to find somebody by: an identifier, an email, a phone number,
    a full date of birth, both names, or an address. `errors` are reported together with those of the details.
    Raises `Forbidden`, `ValidationError`.
    """

    finder: CandidateFinder
    clock: Clock
    rules: CurrentRules
    accesses: AccessRecorder

    def __call__(self, *, actor: Actor, errors: ErrorCollector | None = None, **details: Unpack[Changes]) -> Candidates:
        actor.require(Permission.MATCH_PATIENTS)
        now = self.clock.now()
        blank = Patient(id=UUID(int=0), created_at=now, updated_at=now)
        parsed = parse(details, self.rules(), errors)
        person = Person.of(evolve(blank, **parsed))
        if not person.keys:
            raise ValidationError([FieldError("", "required", NOTHING_TO_COMPARE)])
        found = self.finder.find([person])[blank.id]
        ids = [candidate.patient.id for candidate in found.found]
        self.accesses.record_each(actor, AccessAction.PATIENTS_MATCHED, ids, detail=self.accesses.digest(parsed))
        return found


NOTHING_TO_COMPARE = (
    "Must include an identifier, an email, a phone number, a full date of birth with a name, both names, or an address."
)
