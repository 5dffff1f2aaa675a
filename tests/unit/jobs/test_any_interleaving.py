"""One sync job through any interleaving of workers that claim, fetch, complete, stop and die, clock steps, removed
records and a cancellation."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

from attrs import define
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
)

from bootstrap import Configuration, in_memory_registry
from core.access import Actor
from core.errors import InvalidUpstreamResponse, RateLimited, RetryableError, Unavailable
from core.jobs.entities import JobKind, JobState
from core.jobs.errors import JobEnded, LeaseLost
from core.jobs.services.leases import NO_PROGRESS, Lease
from core.matching.scoring import Thresholds
from core.sync.merge import UpstreamDocument
from core.sync.ports import FetchResult
from core.sync.services.batch import SyncBatch
from tests.fakes import ADMIN, CLERK, Failing, ScriptedGateway, StillClock, details, equip

# nobody is a certain duplicate: all patients have one name
CONFIGURATION = Configuration(secret_keys=("k" * 50,), match_thresholds=Thresholds(certain=2))

MANY, CHUNK_SIZE = 8, 3
KING = UpstreamDocument({"last_name": "King"})
ANSWERS = st.sampled_from(
    [KING, KING, KING, None, Failing(), InvalidUpstreamResponse(), UpstreamDocument({"email": "p0@example.org"})]
)
REASONS = st.sampled_from([Unavailable(), Unavailable(retry_after=timedelta(minutes=9)), RateLimited()])


@define(eq=False)
class Worker:
    lease: Lease
    batch: SyncBatch


class OneJob(RuleBasedStateMachine):
    workers = Bundle("workers")

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.gateway = StillClock(), ScriptedGateway()
        self.registry = equip(in_memory_registry(CONFIGURATION), self.clock, self.gateway)
        self.registry.run_sync_job.add_kwargs(chunk_size=CHUNK_SIZE)
        self.store, self.leases, self.runner = (
            self.registry.store(),
            self.registry.leases(),
            self.registry.run_sync_job(),
        )
        for number in range(MANY):
            given = details(email=f"p{number}@example.org", external_id=f"x{number}")
            self.registry.register_patient()(actor=CLERK, **given)
            self.clock.forward(timedelta(seconds=1))
        self.job_id = self.registry.start_sync_job()(actor=CLERK).id
        self.at_the_end: tuple[object, ...] | None = None

    @property
    def state(self) -> JobState:
        return self.store.jobs[self.job_id].state

    @rule(target=workers)
    def claims(self) -> MultipleResults[Worker] | Worker:
        lease = self.leases.claim(self.job_id, self.runner.allocate)
        return Worker(lease, self.runner.start_batch(lease.chunk)) if lease else multiple()

    @rule(worker=workers, answer=ANSWERS)
    def fetches(self, worker: Worker, answer: FetchResult) -> None:
        pending = worker.batch.external_ids.keys() - worker.batch.fetched.keys()
        if pending:
            worker.batch.fetched[min(pending)] = answer
            with suppress(LeaseLost):
                worker.lease = self.leases.renew(worker.lease)

    @rule(worker=consumes(workers), answer=ANSWERS)
    def fetches_all_and_completes(self, worker: Worker, answer: FetchResult) -> None:
        pending = worker.batch.external_ids.keys() - worker.batch.fetched.keys()
        worker.batch.fetched.update(dict.fromkeys(pending, answer))
        self.completes(worker, None)

    @rule(worker=consumes(workers), backoff_reason=st.none() | REASONS)
    def completes(self, worker: Worker, backoff_reason: RetryableError | None) -> None:
        """Without a reason it stops, or has fetched all."""
        held = self.store.chunks.get(worker.lease.chunk.id)
        may = held is not None and held.lease == worker.lease.chunk.lease and not self.state.has_ended
        try:
            worker.batch.backoff_reason = backoff_reason
            self.runner.complete(worker.lease, worker.batch)
        except (LeaseLost, JobEnded):
            assert not may
        else:
            assert may

    @rule(worker=consumes(workers))
    def dies(self, worker: Worker) -> None:
        pass

    @rule(many=st.sampled_from([1, 3, 9, 90]))
    def workers_die_in_a_row(self, many: int) -> None:
        for _ in range(many):
            self.leases.claim(self.job_id, self.runner.allocate)
            self.clock.forward(self.leases.duration)

    @rule(seconds=st.sampled_from([1, 19, 41, 60, 300, 3000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(timedelta(seconds=seconds))

    @rule(number=st.integers(0, MANY - 1))
    def a_patient_is_archived(self, number: int) -> None:
        for patient in [one for one in self.store.patients.values() if one.external_id == f"x{number}"]:
            for status in ("inactive", "archived"):
                self.registry.update_patient()(actor=CLERK, patient_id=patient.id, status=status)

    @rule(number=st.integers(0, MANY - 1))
    def a_patient_is_erased(self, number: int) -> None:
        for patient in [one for one in self.store.patients.values() if one.external_id == f"x{number}"]:
            self.registry.erase_patient()(actor=ADMIN, patient_id=patient.id)

    @precondition(lambda self: len(self.store.sync_results) > MANY // 2 and not self.state.has_ended)
    @rule()
    def is_cancelled(self) -> None:
        self.registry.cancel_job()(actor=CLERK, kind=JobKind.SYNC, job_id=self.job_id)

    @invariant()
    def counts_match_results(self) -> None:
        job = self.store.jobs[self.job_id]
        assert job.counts == Counter(one.outcome.value for one in self.store.sync_results.values())
        assert job.done <= job.total <= MANY

    @invariant()
    def each_patient_is_in_one_place(self) -> None:
        places = Counter(patient_id for _, patient_id in self.store.sync_results)
        places.update(one for chunk in self.store.chunks.values() for one in chunk.items)
        assert set(places.values()) <= {1}

    @invariant()
    def updated_patients_have_that_outcome(self) -> None:
        synced = {one.patient_id for one in self.store.audit_events.values() if one.action == "synced"}
        assert synced == {one.patient_id for one in self.store.sync_results.values() if one.outcome == "updated"}

    @invariant()
    def a_job_that_ended_does_not_change(self) -> None:
        if self.state.has_ended:
            now = (self.store.jobs[self.job_id], dict(self.store.sync_results))
            self.at_the_end = self.at_the_end or now
            assert now == self.at_the_end
            assert not self.store.chunks

    @invariant()
    def only_a_failed_job_reports_no_progress(self) -> None:
        assert (self.state is JobState.FAILED) == (self.store.jobs[self.job_id].reason == NO_PROGRESS)

    def teardown(self) -> None:
        """Upstream is back: whatever happened, the job resumes by itself and every remaining patient has an outcome."""
        self.gateway.answer = {"last_name": "King"}
        for _ in range(4):
            self.clock.forward(timedelta(hours=1))
            for job in self.registry.jobs().runnable(self.clock.at):
                self.registry.run_job()(actor=Actor.system("worker"), job_id=job.id)
        assert self.state.has_ended
        if self.state is JobState.COMPLETED:
            scope = {one.id for one in self.store.patients.values() if one.status != "archived"}
            assert scope <= {patient_id for _, patient_id in self.store.sync_results}
        self.counts_match_results()


TestOneJob = OneJob.TestCase
TestOneJob.settings = settings(stateful_step_count=50)


def test_a_paused_job_completes_with_its_last_chunk() -> None:
    """The last but one chunk completes with a pause, the last one while the job is paused."""
    job = OneJob()
    workers = [job.claims() for _ in range(3)]
    for worker, reason in zip(workers, (None, Unavailable(), None), strict=True):
        assert isinstance(worker, Worker)
        for _ in worker.batch.external_ids:
            job.fetches(worker=worker, answer=KING)
        job.completes(worker=worker, backoff_reason=reason)
    assert job.state is JobState.COMPLETED
