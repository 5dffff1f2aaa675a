from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Protocol, TypeVar
from uuid import UUID

from attrs import asdict, field, frozen

from core.access import Actor
from core.access_log.entities import AccessAction, AccessCursor, AccessEntry, AccessQuery
from core.access_log.ports import AccessLogEntries
from core.accounts.services.actor_names import ActorNames
from core.matching.entities import Merge
from core.matching.ports import DuplicatePairs, MergeRepository
from core.patients.audit import AuditEvent
from core.patients.entities import Patient
from core.patients.ports import AuditTrail
from core.subject_access.document import Pages
from core.sync.ports import UpstreamSnapshots


class _Done(Protocol):
    @property
    def actor(self) -> str: ...


D = TypeVar("D", bound=_Done)


@frozen
class Sections:
    """The members of the document. Long lists are read page by page, while they are written."""

    trail: AuditTrail
    entries: AccessLogEntries
    merges: MergeRepository
    pairs: DuplicatePairs
    snapshots: UpstreamSnapshots
    names: ActorNames
    page_size: int = field(default=200, kw_only=True)

    def of(self, actor: Actor, records: Sequence[Patient]) -> Iterator[tuple[str, object]]:
        """`records` are the patient's and those that were merged into it."""

        def named(pages: Iterable[Sequence[D]], to_json: Callable[[D], Mapping[str, object]]) -> Pages:
            for page in pages:
                names = self.names.of(actor, {one.actor for one in page})
                yield [{**to_json(one), "actor_name": names[one.actor]} for one in page]

        patient, ids = records[0], [record.id for record in records]
        yield "patient", _record(patient)
        yield "merged_records", list(map(_record, records[1:]))
        yield "upstream", [{"patient_id": one, **asdict(sent)} for one, sent in self.snapshots.get_many(ids).items()]
        yield "history", named(chain.from_iterable(map(self._history, ids)), _event)
        yield "merges", named(chain.from_iterable(map(self._merges, ids)), asdict)
        yield "possible_duplicates", list(map(asdict, self.pairs.of(ids)))
        seen = (AccessQuery(patient_id=one) for one in ids)
        yield "accesses", named(chain.from_iterable(map(self._accesses, seen)), _access)
        exports = AccessQuery(action=AccessAction.EXPORT_STARTED, since=patient.created_at)
        yield "exports_of_all_patients", named(self._accesses(exports), _access)

    def _history(self, patient_id: UUID) -> Iterator[Sequence[AuditEvent]]:
        version: int | None = None
        while page := self.trail.history(patient_id, before_version=version, limit=self.page_size):
            yield page
            version = page[-1].version

    def _merges(self, patient_id: UUID) -> Iterator[Sequence[Merge]]:
        page = self.merges.of(patient_id, after=None, limit=self.page_size)
        yield page.items
        while page.next is not None:
            page = self.merges.of(patient_id, after=page.next, limit=self.page_size)
            yield page.items

    def _accesses(self, query: AccessQuery) -> Iterator[Sequence[AccessEntry]]:
        before: AccessCursor | None = None
        while page := self.entries.find(query, before=before, limit=self.page_size):
            yield page
            before = AccessCursor(page[-1].at, page[-1].number)


def _record(patient: Patient) -> dict[str, object]:
    return {
        "id": patient.id,
        **patient.to_json(),
        "version": patient.version,
        "last_synced_at": patient.last_synced_at,
        "created_at": patient.created_at,
        "updated_at": patient.updated_at,
    }


def _event(event: AuditEvent) -> dict[str, object]:
    values = event.values
    return {
        "patient_id": event.patient_id,
        "version": event.version,
        "at": event.at,
        "actor": event.actor,
        "action": event.action,
        "before": dict(values.before) if values else None,
        "after": dict(values.after) if values else None,
        "reason": values.reason or None if values else None,
    }


def _access(entry: AccessEntry) -> dict[str, object]:
    return {"patient_id": entry.patient_id, "at": entry.at, "actor": entry.actor, "action": entry.action}
