from attrs import frozen

from core.matching.blocking import KeyKind
from core.matching.scoring import Match
from core.patients.entities import Patient


@frozen
class Candidate:
    """A patient who may be the person."""

    patient: Patient
    match: Match


@frozen
class Candidates:
    """By falling probability. `cut_keys` are the kinds of keys that too many patients share with the person: of those
    patients, only the ones who share another key as well were compared."""

    found: tuple[Candidate, ...]
    cut_keys: tuple[KeyKind, ...]
