from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from attrs import frozen

from core.errors import InvalidUpstreamResponse, RetryableError, Unavailable
from core.patients.entities import Rules
from core.sync.entities import SyncJobOutcome
from core.sync.errors import NoUpstreamRecord
from core.sync.merge import normalize
from core.sync.ports import FetchResult
from core.sync.services.merger import FetchedRecord

Classification = tuple[SyncJobOutcome, str]
"""An outcome, and the kind of the error behind it."""


@frozen
class SyncBatch:
    """One go at a chunk of a sync job: what came of asking for its patients. `gone` are those who are not asked for,
    and why; `backoff_reason` is why not all of the others were."""

    requested_at: datetime
    external_ids: Mapping[UUID, str]
    gone: Mapping[UUID, str]
    fetched: dict[UUID, FetchResult]
    backoff_reason: RetryableError | None = None

    @property
    def complete(self) -> bool:
        return self.backoff_reason is None and len(self.fetched) == len(self.external_ids)

    def classify(self, rules: Rules, *, last_try: bool) -> tuple[list[FetchedRecord], dict[UUID, Classification]]:
        """What can be merged, and what is certain without. Those for whom upstream failed are in neither, unless this
        was the last try."""
        said: list[FetchedRecord] = []
        verdicts = {one: (SyncJobOutcome.SKIPPED, reason) for one, reason in self.gone.items()}
        for one, answer in self.fetched.items():
            read = self._read(one, answer, rules)
            if isinstance(read, FetchedRecord):
                said.append(read)
            elif read[0] is not SyncJobOutcome.UNAVAILABLE or last_try:
                verdicts[one] = read
        return said, verdicts

    def _read(self, patient_id: UUID, answer: FetchResult, rules: Rules) -> FetchedRecord | Classification:
        if answer is None:
            return SyncJobOutcome.NOT_FOUND, NoUpstreamRecord.kind
        if isinstance(answer, Unavailable):
            return SyncJobOutcome.UNAVAILABLE, Unavailable.kind
        if isinstance(answer, InvalidUpstreamResponse):
            return SyncJobOutcome.REFUSED, answer.kind
        try:
            values = normalize(answer.document, rules)
            return FetchedRecord(
                patient_id, self.external_ids[patient_id], values, self.requested_at - answer.requested_before
            )
        except InvalidUpstreamResponse as invalid:
            return SyncJobOutcome.REFUSED, invalid.kind
