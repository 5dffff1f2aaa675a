from collections.abc import Collection, Mapping
from itertools import chain, islice
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction, AccessFilters
from core.access_log.ports import AccessLogEntries
from core.access_log.services.recorder import AccessRecorder
from core.audit.entities import AuditReport, Checkpoint
from core.audit.ports import AuditSearch, Histories
from core.audit.search import AuditCursor, AuditPage, AuditQuery
from core.audit.services.access_log import faults_in_access_log
from core.audit.services.checkpoints import faults_since, take_checkpoint
from core.audit.services.histories import HistoryCheck
from core.errors import ErrorCollector
from core.patients.ports import ChangeFeed, PatientSearch
from core.patients.search import PatientQuery
from core.ports import Clock
from core.seals import Sealer
from core.values import DEFAULT_PER_PAGE, parse_page_limit

MAX_FAULTS = 1_000


@frozen
class VerifyAudit:
    """Looks for entries of the access log and audit events that were changed, removed, inserted or moved in the store.

    The last rows of the access log, or of a history together with the record's versions, can be missing without a
    trace: only an earlier `checkpoint` shows it. Raises `Forbidden`.
    """

    entries: AccessLogEntries
    histories: Histories
    changes: ChangeFeed
    sealer: Sealer
    accesses: AccessRecorder
    clock: Clock

    def __call__(self, *, actor: Actor, checkpoint: Checkpoint | None = None) -> AuditReport:
        actor.require(Permission.VIEW_AUDIT)
        self.accesses.record(actor, AccessAction.AUDIT_VERIFIED)
        found = chain(
            faults_since(checkpoint, self.entries, self.changes) if checkpoint else (),
            faults_in_access_log(self.entries, self.sealer),
            HistoryCheck(self.histories, self.sealer).faults(),
        )
        faults = tuple(islice(found, MAX_FAULTS + 1))
        latest = take_checkpoint(self.clock.now(), self.entries, self.changes)
        return AuditReport(faults[:MAX_FAULTS], len(faults) > MAX_FAULTS, latest)


@frozen
class SearchAudit:
    """The audit events of all patients that match every filter, newest first, with the values before and after. Who was
    seen is recorded.

    `errors` are reported together with those of the filters. Raises `Forbidden`, `ValidationError`.
    """

    events: AuditSearch
    patients: PatientSearch
    accesses: AccessRecorder

    def __call__(
        self,
        *,
        actor: Actor,
        filters: AccessFilters,
        before: AuditCursor | None = None,
        limit: object = DEFAULT_PER_PAGE,
        errors: ErrorCollector | None = None,
    ) -> AuditPage:
        actor.require(Permission.VIEW_AUDIT)
        actor.require(Permission.VIEW_PATIENTS)
        errors = errors or ErrorCollector()
        most = DEFAULT_PER_PAGE
        with errors.field("limit"):
            most = parse_page_limit(limit)
        query = AuditQuery.parse(filters, errors)
        found = self.events.find(query, before=before, limit=most + 1)
        page = found[:most]
        ids = {event.patient_id for event in page}
        self.accesses.record_each(actor, AccessAction.AUDIT_VIEWED, ids)
        last = page[-1] if len(found) > most else None
        following = AuditCursor(last.at, last.patient_id, last.version) if last else None
        return AuditPage(page, _names(self.patients, ids), following)


@frozen
class NamePatients:
    """The full names of the patients of at most a page of the access log, by id; erased ones have none. Who was named
    is recorded.

    Raises `Forbidden`.
    """

    patients: PatientSearch
    accesses: AccessRecorder

    def __call__(self, *, actor: Actor, ids: Collection[UUID]) -> Mapping[UUID, str]:
        actor.require(Permission.VIEW_AUDIT)
        actor.require(Permission.VIEW_PATIENTS)
        if ids:
            self.accesses.record_each(actor, AccessAction.AUDIT_VIEWED, ids)
        return _names(self.patients, ids)


def _names(patients: PatientSearch, ids: Collection[UUID]) -> Mapping[UUID, str]:
    query = PatientQuery(ids=frozenset(ids), limit=max(len(ids), 1))
    return {patient.id: patient.full_name for patient in patients.find(query).patients} if ids else {}
