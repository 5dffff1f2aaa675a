from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, field, frozen

from core.access import Actor
from core.errors import InvalidAnswer, TryLater, Unavailable
from core.jobs.entities import Chunk, Job
from core.jobs.errors import JobEnded, LeaseLost
from core.jobs.leases import Claim, Handed, Leases, Settled
from core.jobs.ports import Runner
from core.patients.entities import Patient
from core.patients.errors import ExternalIdChanged, PatientArchived, PatientNotFound
from core.patients.jobs import JobOutcome, SyncOutcome, SyncScope
from core.patients.ports import Fetched, PatientGateway, PatientRepository, SyncOutcomes
from core.patients.upstream import SyncResult, normalised
from core.patients.use_cases.merging import Merged, Merger, Said
from core.ports import Clock

RETRIES = 3
SHORTEST_PAUSE = timedelta(seconds=1)
USUAL_PAUSE = timedelta(seconds=30)


@frozen
class Pass:
    """One go at a chunk: what came of asking for its patients. `left_alone` is why not all of them were asked for."""

    asked_at: datetime
    patients: Mapping[UUID, Patient]
    fetched: dict[UUID, Fetched]
    left_alone: TryLater | None
    complete: bool


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
        asked_at = self.clock.now()
        patients = {patient.external_id: patient for patient in self.patients.get_all(claim.chunk.items)}
        fetched: dict[UUID, Fetched] = {}
        left_alone: TryLater | None = None
        try:
            with closing(self.gateway.fetch_all(patients, request_id=claim.job.request_id)) as answers:
                for external_id, answer in answers:
                    fetched[patients[external_id].id] = answer
                    claim = self.leases.renewed(claim)
                    if stopping():
                        break
        except TryLater as error:
            left_alone = error
        complete = left_alone is None and len(fetched) == len(patients)
        by_id = {patient.id: patient for patient in patients.values()}
        self._settle(claim, Pass(asked_at, by_id, fetched, left_alone, complete))

    def _settle(self, claim: Claim, done: Pass) -> None:
        said, refused = self._read(done)
        gone = [patient_id for patient_id in claim.chunk.items if patient_id not in done.patients]
        given_up = [one for one, answer in done.fetched.items() if isinstance(answer, Unavailable)]
        if not done.complete or claim.chunk.tries < RETRIES:
            given_up = []
        actor = Actor(claim.job.actor, frozenset(), claim.job.request_id)

        def settle() -> Settled:
            now = self.clock.now()
            outcomes = [_outcome(one, merged, now) for one, merged in self.merger.apply(actor, said).items()]
            outcomes += [SyncOutcome(one, JobOutcome.SKIPPED, now, PatientNotFound.kind) for one in gone]
            outcomes += [SyncOutcome(one, JobOutcome.UNAVAILABLE, now, Unavailable.kind) for one in given_up]
            outcomes += [evolve(outcome, at=now) for outcome in refused]
            self.outcomes.record(claim.job.id, outcomes)
            counts = Counter(outcome.outcome.value for outcome in outcomes)
            rest = self._rest(claim.chunk, {outcome.patient_id for outcome in outcomes}, done, now)
            return Settled(counts, rest, _pause(done.left_alone, now))

        self.leases.settle(claim, settle)

    def _read(self, done: Pass) -> tuple[list[Said], list[SyncOutcome]]:
        """What can be merged, and the outcomes of those for whom there is nothing to merge."""
        said: list[Said] = []
        outcomes: list[SyncOutcome] = []
        for patient_id, answer in done.fetched.items():
            if isinstance(answer, Unavailable):
                continue
            if answer is None:
                outcomes.append(SyncOutcome(patient_id, JobOutcome.NOT_FOUND, done.asked_at))
                continue
            try:
                if isinstance(answer, InvalidAnswer):
                    raise answer
                values = normalised(answer.document, self.merger.rules)
            except InvalidAnswer as invalid:
                outcomes.append(SyncOutcome(patient_id, JobOutcome.REFUSED, done.asked_at, invalid.kind))
            else:
                said.append(Said(done.patients[patient_id], values, done.asked_at - answer.lead))
        return said, outcomes

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
