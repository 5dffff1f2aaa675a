"""One sync job through any interleaving of workers that claim, hear from upstream, settle, stop and die, clock steps,
records that go, a cancellation, and workers that die time and again."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

from attrs import define, evolve
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
from core.sync.merge import UpstreamDocument
from core.sync.ports import FetchResult
from core.sync.services.batch import SyncBatch
from tests.fakes import ADMIN, CLERK, Failing, ScriptedGateway, StillClock, details, equip

MANY, AT_A_TIME = 8, 3
KING = UpstreamDocument({"last_name": "King"})
ANSWERS = st.sampled_from(
    [KING, KING, KING, None, Failing(), InvalidUpstreamResponse(), UpstreamDocument({"email": "p0@example.org"})]
)
REASONS = st.sampled_from([Unavailable(), Unavailable(retry_after=timedelta(minutes=9)), RateLimited()])


@define(eq=False)
class Worker:
    claim: Lease
    done: SyncBatch


class OneJob(RuleBasedStateMachine):
    workers = Bundle("workers")

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.gateway = StillClock(), ScriptedGateway()
        self.registry = equip(in_memory_registry(Configuration(secret_keys=("k" * 50,))), self.clock, self.gateway)
        self.registry.run_sync_job.add_kwargs(at_a_time=AT_A_TIME)
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
        claim = self.leases.claim(self.job_id, self.runner._hand_out)
        return Worker(claim, self.runner._begun(claim.chunk)) if claim else multiple()

    @rule(worker=workers, answer=ANSWERS)
    def hears(self, worker: Worker, answer: FetchResult) -> None:
        unheard = worker.done.external_ids.keys() - worker.done.fetched.keys()
        if unheard:
            worker.done.fetched[min(unheard)] = answer
            with suppress(LeaseLost):
                worker.claim = self.leases.renewed(worker.claim)

    @rule(worker=consumes(workers), answer=ANSWERS)
    def hears_of_all_and_settles(self, worker: Worker, answer: FetchResult) -> None:
        unheard = worker.done.external_ids.keys() - worker.done.fetched.keys()
        worker.done.fetched.update(dict.fromkeys(unheard, answer))
        self.settles(worker, None)

    @rule(worker=consumes(workers), left_alone=st.none() | REASONS)
    def settles(self, worker: Worker, left_alone: RetryableError | None) -> None:
        """Without a reason it stops, or has heard of all."""
        held = self.store.chunks.get(worker.claim.chunk.id)
        may = held is not None and held.lease == worker.claim.chunk.lease and not self.state.has_ended
        try:
            self.runner._settle(worker.claim, evolve(worker.done, backoff_reason=left_alone))
        except (LeaseLost, JobEnded):
            assert not may
        else:
            assert may

    @rule(worker=consumes(workers))
    def dies(self, worker: Worker) -> None:
        pass

    @rule(many=st.sampled_from([1, 3, 9, 90]))
    def many_die_one_after_another(self, many: int) -> None:
        for _ in range(many):
            self.leases.claim(self.job_id, self.runner._hand_out)
            self.clock.forward(self.leases.lasts)

    @rule(seconds=st.sampled_from([1, 19, 41, 60, 300, 3000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(timedelta(seconds=seconds))

    @rule(number=st.integers(0, MANY - 1))
    def one_is_archived(self, number: int) -> None:
        for patient in [one for one in self.store.patients.values() if one.external_id == f"x{number}"]:
            for status in ("inactive", "archived"):
                self.registry.update_patient()(actor=CLERK, patient_id=patient.id, status=status)

    @rule(number=st.integers(0, MANY - 1))
    def one_is_erased(self, number: int) -> None:
        for patient in [one for one in self.store.patients.values() if one.external_id == f"x{number}"]:
            self.registry.erase_patient()(actor=ADMIN, patient_id=patient.id)

    @precondition(lambda self: len(self.store.outcomes) > MANY // 2 and not self.state.has_ended)
    @rule()
    def is_cancelled(self) -> None:
        self.registry.cancel_job()(actor=CLERK, kind=JobKind.SYNC, job_id=self.job_id)

    @invariant()
    def what_was_done_is_what_was_counted(self) -> None:
        job = self.store.jobs[self.job_id]
        assert job.counts == Counter(one.outcome.value for one in self.store.outcomes.values())
        assert job.done <= job.total <= MANY

    @invariant()
    def everybody_is_in_one_place(self) -> None:
        places = Counter(patient_id for _, patient_id in self.store.outcomes)
        places.update(one for chunk in self.store.chunks.values() for one in chunk.items)
        assert set(places.values()) <= {1}

    @invariant()
    def who_was_updated_has_that_outcome(self) -> None:
        synced = {one.patient_id for one in self.store.events.values() if one.action == "synced"}
        assert synced == {one.patient_id for one in self.store.outcomes.values() if one.outcome == "updated"}

    @invariant()
    def after_the_end_nothing_more_is_done(self) -> None:
        if self.state.has_ended:
            now = (self.store.jobs[self.job_id], dict(self.store.outcomes))
            self.at_the_end = self.at_the_end or now
            assert now == self.at_the_end
            assert not self.store.chunks

    @invariant()
    def a_job_that_failed_says_why_and_only_that_one_does(self) -> None:
        assert (self.state is JobState.FAILED) == (self.store.jobs[self.job_id].reason == NO_PROGRESS)

    def teardown(self) -> None:
        """Upstream is there again: whatever happened, the job goes on by itself and everybody left has an outcome."""
        self.gateway.answer = {"last_name": "King"}
        for _ in range(4):
            self.clock.forward(timedelta(hours=1))
            for job in self.registry.jobs().runnable(self.clock.at):
                self.registry.run_job()(actor=Actor.system("worker"), job_id=job.id)
        assert self.state.has_ended
        if self.state is JobState.COMPLETED:
            scope = {one.id for one in self.store.patients.values() if one.status != "archived"}
            assert scope <= {patient_id for _, patient_id in self.store.outcomes}
        self.what_was_done_is_what_was_counted()


TestOneJob = OneJob.TestCase
TestOneJob.settings = settings(stateful_step_count=50)
