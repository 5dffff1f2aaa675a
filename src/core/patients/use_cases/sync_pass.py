from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from attrs import frozen

from core.errors import InvalidAnswer, TryLater, Unavailable
from core.patients.entities import Rules
from core.patients.errors import NoUpstreamRecord
from core.patients.jobs import JobOutcome
from core.patients.ports import Fetched
from core.patients.upstream import normalised
from core.patients.use_cases.merging import Said

Verdict = tuple[JobOutcome, str]
"""An outcome, and the kind of the error behind it."""


@frozen
class Pass:
    """One go at a chunk of a sync job: what came of asking for its patients. `gone` are those who are not asked for,
    and why; `left_alone` is why not all of the others were."""

    asked_at: datetime
    external_ids: Mapping[UUID, str]
    gone: Mapping[UUID, str]
    fetched: dict[UUID, Fetched]
    left_alone: TryLater | None = None

    @property
    def complete(self) -> bool:
        return self.left_alone is None and len(self.fetched) == len(self.external_ids)

    def sorted(self, rules: Rules, *, last_try: bool) -> tuple[list[Said], dict[UUID, Verdict]]:
        """What can be merged, and what is certain without. Those for whom upstream failed are in neither, unless this
        was the last try."""
        said: list[Said] = []
        verdicts = {one: (JobOutcome.SKIPPED, reason) for one, reason in self.gone.items()}
        for one, answer in self.fetched.items():
            read = self._read(one, answer, rules)
            if isinstance(read, Said):
                said.append(read)
            elif read[0] is not JobOutcome.UNAVAILABLE or last_try:
                verdicts[one] = read
        return said, verdicts

    def _read(self, patient_id: UUID, answer: Fetched, rules: Rules) -> Said | Verdict:
        if answer is None:
            return JobOutcome.NOT_FOUND, NoUpstreamRecord.kind
        if isinstance(answer, Unavailable):
            return JobOutcome.UNAVAILABLE, Unavailable.kind
        if isinstance(answer, InvalidAnswer):
            return JobOutcome.REFUSED, answer.kind
        try:
            values = normalised(answer.document, rules)
            return Said(patient_id, self.external_ids[patient_id], values, self.asked_at - answer.lead)
        except InvalidAnswer as invalid:
            return JobOutcome.REFUSED, invalid.kind
