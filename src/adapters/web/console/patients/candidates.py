"""The patients who may be the person of a form."""

from collections.abc import Sequence

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest

from adapters.web.console.patients.evidence import explain_in_words
from adapters.web.console.staff import actor_of
from core.errors import ValidationError
from core.matching.entities import Candidate
from core.matching.scoring import Grade
from core.matching.use_cases import MatchPatients
from core.patients.entities import Patient
from core.patients.fields import Changes

MAX_SHOWN = 10


@frozen
class Likeness:
    patient: Patient
    grade: Grade
    why: str

    @classmethod
    def of(cls, candidate: Candidate) -> "Likeness":
        return cls(candidate.patient, candidate.match.grade, explain_in_words(candidate.match.evidence))


@inject
def find_candidates(
    request: HttpRequest, details: Changes, match: MatchPatients = Provide["match_patients"]
) -> list[Likeness]:
    """The most likely ones. None for details that are invalid, or too few to find anybody by."""
    try:
        found = match(actor=actor_of(request), **details).found
    except ValidationError:
        return []
    return [Likeness.of(candidate) for candidate in found[:MAX_SHOWN]]


def about(found: Sequence[Likeness]) -> dict[str, object]:
    """For the templates. `reviewed` are the ids of those who are shown."""
    return {
        "candidates": found,
        "certain": any(one.grade is Grade.CERTAIN for one in found),
        "reviewed": ",".join(str(one.patient.id) for one in found),
    }
