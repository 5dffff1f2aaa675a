from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from attrs import frozen

from core.audit.entities import Fault
from core.audit.ports import Histories
from core.patients.audit import Action, AuditEvent, sealed_content, versions_digest
from core.seals import Sealer

BATCH_SIZE = 500


@frozen
class HistoryCheck:
    """Compares the audit events with their seals, with one another and with the records, while others write."""

    histories: Histories
    sealer: Sealer

    def faults(self) -> Iterator[Fault]:
        last: AuditEvent | None = None
        removed: dict[AuditEvent, bool] = {}  # events without values in this history, and whether a later one says so
        versions: dict[UUID, int] = {}  # of the records in this batch and the last one
        while batch := self.histories.after((last.patient_id, last.version) if last else None, BATCH_SIZE):
            ids = {event.patient_id for event in batch}
            kept = {one: versions[one] for one in versions if last and one == last.patient_id and one not in ids}
            versions = kept | self.histories.versions(ids)
            for event in batch:
                follows = last is not None and last.patient_id == event.patient_id
                if last and not follows:
                    yield from self._faults_at_the_end(last, versions.get(last.patient_id))
                    yield from _removed_values(removed)
                    removed = {}
                yield from _faults_before(event, last.version if last and follows else 0)
                yield from self._faults_of(event)
                if event.lacks_values and event.patient_id in versions:
                    removed[event] = False
                elif event.action is Action.VALUES_ERASED and event.digest == _digest(removed):
                    removed = dict.fromkeys(removed, True)
                last = event
        if last:
            yield from self._faults_at_the_end(last, versions.get(last.patient_id))
            yield from _removed_values(removed)
        if missing := self.histories.without_events():
            yield Fault(f"histories of {missing} records", "removed, or the records were inserted")

    def _faults_of(self, event: AuditEvent) -> Iterator[Fault]:
        where = f"version {event.version}"
        if not self.sealer.matches(sealed_content(event), event.seal):
            yield _fault(event, where, "changed or inserted")
        elif event.values and event.values.digest != event.digest:
            yield _fault(event, where, "values changed")

    def _faults_at_the_end(self, last: AuditEvent, version: int | None) -> Iterator[Fault]:
        expected = None if last.action is Action.ERASED else last.version
        if version != expected and not self._changed_meanwhile(last):
            found = f"the record has version {version}" if version else "there is no record"
            yield _fault(last, f"after version {last.version}", found)

    def _changed_meanwhile(self, last: AuditEvent) -> bool:
        following = self.histories.after((last.patient_id, last.version), 1)
        return bool(following) and following[0].patient_id == last.patient_id


def _digest(removed: Iterable[AuditEvent]) -> str:
    return versions_digest(event.version for event in removed)


def _removed_values(removed: Mapping[AuditEvent, bool]) -> Iterator[Fault]:
    return (_fault(event, f"version {event.version}", "values removed") for event, said in removed.items() if not said)


def _faults_before(event: AuditEvent, version: int) -> Iterator[Fault]:
    if event.version != version + 1:
        yield _fault(event, f"versions {version + 1} to {event.version - 1}", "removed")


def _fault(event: AuditEvent, where: str, what: str) -> Fault:
    return Fault(f"history of {event.patient_id}, {where}", what)
