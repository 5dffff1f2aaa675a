from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from attrs import define, field

from core.errors import InvalidUpstreamResponse, RetryableError, Unavailable
from core.patients.entities import Patient
from core.patients.errors import PatientArchived, PatientMerged, PatientNotFound
from core.patients.values import Status
from core.sync.entities import SyncJobOutcome
from core.sync.errors import NoUpstreamRecord
from core.sync.merge import UpstreamDocument
from core.sync.ports import FetchResult
from core.sync.services.merger import FetchedRecord

Classification = tuple[SyncJobOutcome, str]
"""An outcome, and the kind of its error."""
Read = Callable[[UUID, str, UpstreamDocument, datetime], FetchedRecord]
"""Raises `InvalidUpstreamResponse`."""


@define
class SyncBatch:
    """One attempt at a chunk of a sync job, filled while the patients are fetched.

    `external_ids` are the patients to fetch; `skipped` are the others, with the reason. `backoff_reason` is why
    fetching stopped early.
    """

    requested_at: datetime
    external_ids: Mapping[UUID, str]
    skipped: Mapping[UUID, str]
    fetched: dict[UUID, FetchResult] = field(factory=dict[UUID, FetchResult])
    backoff_reason: RetryableError | None = None

    @classmethod
    def of(
        cls,
        ids: Iterable[UUID],
        patients: Iterable[Patient],
        requested_at: datetime,
        survivors: Mapping[UUID, Patient] = MappingProxyType({}),
    ) -> "SyncBatch":
        """`patients` are those of `ids` that still exist, `survivors` those that some of them were merged into."""
        external_ids: dict[UUID, str] = {}
        skipped = dict.fromkeys(ids, PatientNotFound.kind)
        for patient in patients:
            if patient.status is Status.ARCHIVED:
                skipped[patient.id] = PatientArchived.kind
            elif patient.external_id is None:
                skipped[patient.id] = NoUpstreamRecord.kind
            elif patient.external_id == _survivors_external_id(patient, survivors):
                skipped[patient.id] = PatientMerged.kind
            else:
                external_ids[patient.id] = patient.external_id
                del skipped[patient.id]
        return cls(requested_at, external_ids, skipped)

    @property
    def complete(self) -> bool:
        return self.backoff_reason is None and len(self.fetched) == len(self.external_ids)

    def classify(self, read: Read, *, last_try: bool) -> tuple[list[FetchedRecord], dict[UUID, Classification]]:
        """The records to merge, and the outcomes that need no merge.

        Patients that upstream did not answer for are in neither, except on the last try.
        """
        records: list[FetchedRecord] = []
        outcomes = {patient_id: (SyncJobOutcome.SKIPPED, reason) for patient_id, reason in self.skipped.items()}
        for patient_id, fetched in self.fetched.items():
            result = self._classify(patient_id, fetched, read)
            if isinstance(result, FetchedRecord):
                records.append(result)
            elif result[0] is not SyncJobOutcome.UNAVAILABLE or last_try:
                outcomes[patient_id] = result
        return records, outcomes

    def _classify(self, patient_id: UUID, fetched: FetchResult, read: Read) -> FetchedRecord | Classification:
        if fetched is None:
            return SyncJobOutcome.NOT_FOUND, NoUpstreamRecord.kind
        if isinstance(fetched, Unavailable):
            return SyncJobOutcome.UNAVAILABLE, Unavailable.kind
        if isinstance(fetched, InvalidUpstreamResponse):
            return SyncJobOutcome.REFUSED, fetched.kind
        try:
            return read(patient_id, self.external_ids[patient_id], fetched, self.requested_at)
        except InvalidUpstreamResponse as invalid:
            return SyncJobOutcome.REFUSED, invalid.kind


def _survivors_external_id(patient: Patient, survivors: Mapping[UUID, Patient]) -> str | None:
    survivor = survivors.get(patient.merged_into) if patient.merged_into else None
    return survivor.external_id if survivor else None
