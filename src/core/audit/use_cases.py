from itertools import chain, islice

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.ports import AccessLogEntries
from core.access_log.services.recorder import AccessRecorder
from core.audit.entities import AuditReport, Checkpoint
from core.audit.ports import Histories
from core.audit.services.access_log import faults_in_access_log
from core.audit.services.checkpoints import faults_since, take_checkpoint
from core.audit.services.histories import HistoryCheck
from core.patients.ports import ChangeFeed
from core.ports import Clock
from core.seals import Sealer

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
