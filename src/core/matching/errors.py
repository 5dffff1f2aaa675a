from collections.abc import Sequence

from core.errors import Conflict
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
