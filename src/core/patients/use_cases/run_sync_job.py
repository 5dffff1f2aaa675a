from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, field, frozen

from core.access import Actor
from core.errors import TryLater
from core.jobs.entities import Chunk, Job
from core.jobs.errors import JobEnded, LeaseLost
from core.jobs.leases import MAX_TAKEOVERS, Claim, Handed, Leases, Settled
from core.jobs.ports import Runner
from core.patients.errors import ExternalIdChanged, NoUpstreamRecord, PatientArchived, PatientNotFound
from core.patients.jobs import JobOutcome, SyncOutcome, SyncScope
from core.patients.ports import PatientGateway, PatientRepository, SyncOutcomes
from core.patients.upstream import SyncResult
from core.patients.use_cases.merging import Merged, Merger
from core.patients.use_cases.sync_pass import Pass
from core.patients.values import Status
from core.ports import Clock

RETRIES = 3
GIVEN_UP_AFTER = MAX_TAKEOVERS - 1
INTERNAL_ERROR = "internal-error"
SHORTEST_PAUSE = timedelta(seconds=1)
USUAL_PAUSE = timedelta(seconds=30)


@frozen
class RunSyncJob(Runner):
    """Syncs a job's patients as `SyncPatient` does, a chunk at a time, each of them once.

    While upstream is down or asks for fewer calls, the whole job waits for as long as it was told to, and that counts
    against no patient. One for whom upstream fails while it answers for others is tried again three times, `first_wait`
    later, then twice as long after that, and so on, before the outcome is `unavailable`.
    """

    leases: Leases
    patients: PatientRepository
    gateway: PatientGateway
    merger: Merger
    outcomes: SyncOutcomes
    clock: Clock
    at_a_time: int = field(default=100, kw_only=True)
    first_wait: timedelta = field(default=timedelta(minutes=1), kw_only=True)

    def __call__(self, job: Job, *, stopping: Callable[[], bool]) -> None:
        while not stopping() and (claim := self.leases.claim(job.id, self._hand_out)):
            try:
                self._do(claim, stopping)
            except (LeaseLost, JobEnded):
                continue

    def _hand_out(self, job: Job) -> Handed | None:
        scope = SyncScope.of(job)
        if scope.patient_id:
            return Handed((scope.patient_id,), None)
        after = UUID(job.position) if job.position else None
        ids = self.patients.ids(scope.statuses, after=after, before=job.id, limit=self.at_a_time)
        return Handed(ids, str(ids[-1]) if len(ids) == self.at_a_time else None) if ids else None

    def _do(self, claim: Claim, stopping: Callable[[], bool]) -> None:
        if claim.chunk.takeovers >= GIVEN_UP_AFTER and len(claim.chunk.items) == 1:
            self._give_up(claim, claim.chunk.items[0])
            return
        done = self._begun(claim.chunk)
        ids = {external_id: patient_id for patient_id, external_id in done.external_ids.items()}
        try:
            with closing(self.gateway.fetch_all(ids, request_id=claim.job.request_id)) as answers:
                for external_id, answer in answers:
                    done.fetched[ids[external_id]] = answer
                    claim = self.leases.renewed(claim)
                    if stopping():
                        break
        except TryLater as left_alone:
            done = evolve(done, left_alone=left_alone)
        self._settle(claim, done)

    def _give_up(self, claim: Claim, patient_id: UUID) -> None:
        """Nobody could sync this one alone, time and again: the fault is ours, and the job goes on without it."""

        def settle() -> Settled:
            outcome = SyncOutcome(patient_id, JobOutcome.REFUSED, self.clock.now(), INTERNAL_ERROR)
            self.outcomes.record(claim.job.id, [outcome])
            return Settled({outcome.outcome.value: 1})

        self.leases.settle(claim, settle)

    def _begun(self, chunk: Chunk) -> Pass:
        found = {patient.id: patient for patient in self.patients.get_all(chunk.items)}
        gone = {one: PatientNotFound.kind for one in chunk.items if one not in found}
        gone |= {one: NoUpstreamRecord.kind for one, patient in found.items() if patient.external_id is None}
        gone |= {one: PatientArchived.kind for one, patient in found.items() if patient.status is Status.ARCHIVED}
        asked = {one: patient.external_id for one, patient in found.items() if one not in gone and patient.external_id}
        return Pass(self.clock.now(), asked, gone, {})

    def _settle(self, claim: Claim, done: Pass) -> None:
        last_try = done.complete and claim.chunk.tries >= RETRIES
        said, verdicts = done.sorted(self.merger.rules, last_try=last_try)
        actor = Actor(claim.job.actor, frozenset(), claim.job.request_id)

        def settle() -> Settled:
            now = self.clock.now()
            outcomes = [_outcome(one, merged, now) for one, merged in self.merger.apply(actor, said).items()]
            outcomes += [SyncOutcome(one, outcome, now, reason) for one, (outcome, reason) in verdicts.items()]
            self.outcomes.record(claim.job.id, outcomes)
            counts = Counter(outcome.outcome.value for outcome in outcomes)
            rest = self._rest(claim.chunk, {outcome.patient_id for outcome in outcomes}, done, now)
            return Settled(counts, rest, _pause(done.left_alone, now))

        self.leases.settle(claim, settle)

    def _rest(self, chunk: Chunk, settled: set[UUID], done: Pass, now: datetime) -> Chunk | None:
        rest = tuple(one for one in chunk.items if one not in settled)
        if not rest:
            return None
        if not done.complete:
            return evolve(chunk, items=rest, lease=None, free_at=now)
        free_at = now + self.first_wait * 2**chunk.tries
        return evolve(chunk, items=rest, lease=None, free_at=free_at, tries=chunk.tries + 1)


def _pause(left_alone: TryLater | None, now: datetime) -> tuple[datetime, str] | None:
    if left_alone is None:
        return None
    asked = left_alone.retry_after or USUAL_PAUSE
    return now + max(asked, SHORTEST_PAUSE), str(left_alone)


def _outcome(patient_id: UUID, merged: Merged, at: datetime) -> SyncOutcome:
    if isinstance(merged, SyncResult):
        return SyncOutcome(patient_id, JobOutcome(merged.outcome.value), at, conflicts=merged.conflicts)
    skipped = isinstance(merged, PatientNotFound | PatientArchived | ExternalIdChanged)
    return SyncOutcome(patient_id, JobOutcome.SKIPPED if skipped else JobOutcome.REFUSED, at, merged.kind)
