from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from uuid import UUID

from attrs import field, frozen

from core.access import Actor
from core.matching.entities import Merge
from core.matching.ports import MergeRepository
from core.patients.audit import AuditEvent
from core.patients.ports import ValuesElsewhere
from core.patients.services.recorder import PatientRecorder


@frozen
class UndoneMerges(ValuesElsewhere):
    """A survivor had the other record's values from the merge until it was undone. Its events of that time can have
    them wherever they changed a field that the merge changed."""

    merges: MergeRepository
    recorder: PatientRecorder
    page_size: int = field(default=200, kw_only=True)

    def forget(self, actor: Actor, at: datetime, patient_id: UUID) -> None:
        events: dict[UUID, dict[int, AuditEvent]] = {}
        for merge in self._undone(patient_id):
            events.setdefault(merge.survivor_id, {}).update((event.version, event) for event in self._events(merge))
        for survivor_id, found in sorted(events.items()):
            self.recorder.erase_values(actor, at, self.recorder.patients.lock(survivor_id), tuple(found.values()))

    def _undone(self, patient_id: UUID) -> Iterator[Merge]:
        """Merges that gave somebody the patient's values, directly or through a record that had absorbed them."""
        holders = [patient_id]
        for holder in holders:
            for merge in self._merges(holder):
                if merge.undone_at and merge.other_id == holder and patient_id in (holder, *merge.absorbed):
                    yield merge
                    if merge.survivor_id not in holders:
                        holders.append(merge.survivor_id)

    def _merges(self, record_id: UUID) -> Iterator[Merge]:
        page = self.merges.of(record_id, after=None, limit=self.page_size)
        yield from page.items
        while page.next is not None:
            page = self.merges.of(record_id, after=page.next, limit=self.page_size)
            yield from page.items

    def _events(self, merge: Merge) -> Iterator[AuditEvent]:
        newer = takewhile(lambda one: one.version >= merge.survivor_version, self.recorder.history(merge.survivor_id))
        meanwhile = [event for event in newer if event.values and merge.undone_at and event.at <= merge.undone_at]
        changed = {name for event in meanwhile if event.version == merge.survivor_version for name in event.fields}
        return (event for event in meanwhile if changed.intersection(event.fields))
