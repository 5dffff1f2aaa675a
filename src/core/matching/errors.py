from collections.abc import Sequence

from core.errors import Conflict, NotFound
from core.matching.entities import Candidate


class PossibleDuplicate(Conflict):
    """`candidates` are certainly the same person; empty if the actor may not see them."""

    kind = "possible-duplicate"
    message = (
        "The registry already has a record of this person. "
        "If it is another person, register again with an override_reason."
    )

    def __init__(self, candidates: Sequence[Candidate] = ()) -> None:
        super().__init__()
        self.candidates = tuple(candidates)


class PairNotFound(NotFound):
    kind = "duplicate-not-found"
    message = "There is no pair of possible duplicates with this id."


class PairDecided(Conflict):
    kind = "pair-decided"
    message = "This pair is decided already. To decide again, put it off first: decide later."


class PairMerged(Conflict):
    kind = "pair-merged"
    message = "The two records are merged. Undo the merge first."


class PatientsDiffer(Conflict):
    kind = "patients-differ"
    message = "These records, or records merged into them, were decided to be of different persons."


class MergeNotFound(NotFound):
    kind = "merge-not-found"
    message = "There is no merge with this id."


class MergeAlreadyUndone(Conflict):
    kind = "merge-undone"
    message = "This merge is undone already."


class SurvivorMerged(Conflict):
    kind = "survivor-merged"
    message = "The surviving record was merged into another one since. Undo that merge first."
