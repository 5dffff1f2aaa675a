"""How chunks of a job are claimed, renewed and completed."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from attrs import evolve, frozen

from bootstrap import Container
from core.errors import Unavailable
from core.jobs.entities import Job, JobState
from core.jobs.errors import JobEnded, LeaseLost
from core.jobs.services.leases import MAX_TAKEOVERS, NO_PROGRESS, Allocation, Completion, Lease, LeaseManager, Pause
from core.ports import Atomic
from tests.contracts.examples import job, person
from tests.fakes import NOW, StillClock

T = TypeVar("T")

ITEMS = tuple(person(number).id for number in range(4))
LASTS = timedelta(minutes=1)
DONE = Completion({"updated": 2})


@pytest.fixture
def leases(registry: Container) -> LeaseManager:
    registry.jobs().add(job())
    return registry.leases()


def allocate(there: Job) -> Allocation | None:
    """Allocates two items at a time."""
    begin = int(there.position or 0)
    return Allocation(ITEMS[begin : begin + 2], None if begin else "2")


def claim(leases: LeaseManager) -> Lease:
    claimed = leases.claim(job().id, allocate)
    assert claimed is not None
    return claimed


def put_back(one: Lease, available_at: timedelta) -> Completion:
    return Completion({}, evolve(one.chunk, lease=None, available_at=NOW + available_at, tries=1))


def nothing_to_do(leases: LeaseManager) -> bool:
    return leases.claim(job().id, allocate) is None


def test_chunks_are_allocated_in_order_until_none_remain(registry: Container, leases: LeaseManager) -> None:
    claims = [claim(leases), claim(leases)]
    assert [one.chunk.items for one in claims] == [ITEMS[:2], ITEMS[2:]]
    assert [one.job.state for one in claims] == [JobState.RUNNING] * 2
    assert nothing_to_do(leases)
    assert registry.jobs().get(job().id).state is JobState.RUNNING


def test_completing_the_last_chunk_completes_the_job(leases: LeaseManager, clock: StillClock) -> None:
    first, last = claim(leases), claim(leases)
    clock.forward(timedelta(seconds=5))
    assert leases.complete(last, lambda: DONE).state is JobState.RUNNING
    ended = leases.complete(first, lambda: DONE)
    assert (ended.state, ended.counts, ended.total, ended.ended_at) == (
        JobState.COMPLETED, {"updated": 4}, 4, clock.at
    )  # fmt: skip
    assert nothing_to_do(leases)


def test_a_job_without_records_completes_immediately(registry: Container, leases: LeaseManager) -> None:
    assert leases.claim(job().id, lambda _: None) is None
    ended = registry.jobs().get(job().id)
    assert (ended.state, ended.total) == (JobState.COMPLETED, 0)


def test_a_job_is_paused_while_no_remaining_chunk_is_available(leases: LeaseManager, clock: StillClock) -> None:
    first, last = claim(leases), claim(leases)
    assert leases.complete(first, lambda: put_back(first, timedelta(seconds=9))).state is JobState.RUNNING
    paused = leases.complete(last, lambda: DONE)
    assert (paused.state, paused.resume_at) == (JobState.PAUSED, NOW + timedelta(seconds=9))
    assert nothing_to_do(leases)
    clock.forward(timedelta(seconds=9))
    again = claim(leases)
    assert (again.chunk.items, again.chunk.tries, again.job.state) == (ITEMS[:2], 1, JobState.RUNNING)
    assert (again.job.started_at, again.job.resume_at) == (NOW, None)


def test_a_pause_stops_every_worker_and_a_shorter_pause_does_not_end_it(
    leases: LeaseManager, clock: StillClock
) -> None:
    first, last = claim(leases), claim(leases)
    for one, seconds in ((first, 9), (last, 5)):
        pause = Pause(NOW + timedelta(seconds=seconds), f"For {seconds} s.")
        paused = leases.complete(one, lambda one=one, pause=pause: evolve(put_back(one, timedelta()), pause=pause))
    assert (paused.state, paused.resume_at, paused.reason) == (JobState.PAUSED, NOW + timedelta(seconds=9), "For 9 s.")
    clock.forward(timedelta(seconds=5))
    assert nothing_to_do(leases)
    clock.forward(timedelta(seconds=4))
    assert claim(leases).job.reason == ""


def test_a_job_without_remaining_chunks_completes_despite_a_requested_pause(leases: LeaseManager) -> None:
    first, last = claim(leases), claim(leases)
    leases.complete(first, lambda: DONE)
    ended = leases.complete(last, lambda: evolve(DONE, pause=Pause(NOW + LASTS, "It is down.")))
    assert (ended.state, ended.resume_at, ended.reason) == (JobState.COMPLETED, None, "")


def test_a_worker_whose_lease_expired_cannot_complete_a_chunk_that_was_taken_over(
    registry: Container, leases: LeaseManager, clock: StillClock
) -> None:
    former = claim(leases)
    clock.forward(LASTS)
    holder = claim(leases)
    assert holder.chunk.id == former.chunk.id
    with pytest.raises(LeaseLost):
        leases.complete(former, lambda: DONE)
    with pytest.raises(LeaseLost):
        leases.renew(evolve(former, chunk=evolve(former.chunk, available_at=NOW)))
    assert registry.jobs().get(job().id).done == 0
    assert leases.complete(holder, lambda: DONE).done == 2


def test_a_chunk_with_an_expired_lease_is_halved_and_the_takeover_counted(
    leases: LeaseManager, clock: StillClock
) -> None:
    claim(leases)
    clock.forward(LASTS)
    first, second = claim(leases), claim(leases)
    assert {first.chunk.items, second.chunk.items} == {ITEMS[:1], ITEMS[1:2]}
    assert (first.chunk.takeovers, second.chunk.takeovers) == (1, 1)
    leases.complete(first, lambda: put_back(first, timedelta()))
    assert claim(leases).chunk.takeovers == 0


def test_a_job_with_a_chunk_that_never_completes_fails_with_a_reason(
    registry: Container, leases: LeaseManager, clock: StillClock
) -> None:
    settled = claim(leases)
    leases.complete(settled, lambda: DONE)
    begun = 0
    while leases.claim(job().id, allocate):
        begun += 1
        clock.forward(LASTS)
    assert MAX_TAKEOVERS < begun <= 2 * MAX_TAKEOVERS + 1  # two records, each alone after the first takeover
    failed = registry.jobs().get(job().id)
    assert (failed.state, failed.counts, failed.ended_at) == (JobState.FAILED, {"updated": 2}, clock.at)
    assert failed.reason == NO_PROGRESS
    assert registry.chunks().remaining(job().id, clock.at).available_at is None
    assert registry.jobs().runnable(clock.at) == ()


def test_a_lease_is_renewed_in_full_after_a_third_of_it(leases: LeaseManager, clock: StillClock) -> None:
    held = claim(leases)
    clock.forward(LASTS / 3 - timedelta(seconds=1))
    assert leases.renew(held) == held
    clock.forward(timedelta(seconds=1))
    renewed = leases.renew(held)
    assert renewed.chunk.available_at == clock.at + LASTS
    clock.forward(LASTS - timedelta(seconds=1))
    assert claim(leases).chunk.id != held.chunk.id
    assert leases.complete(renewed, lambda: DONE).done == 2


@frozen
class Down(Atomic):
    def __call__(self, work: Callable[[], T]) -> T:
        raise Unavailable


def test_a_failed_renewal_is_retried_at_the_next_opportunity(leases: LeaseManager, clock: StillClock) -> None:
    held = claim(leases)
    clock.forward(LASTS / 2)
    assert evolve(leases, atomic=Down()).renew(held) == held
    assert leases.renew(held).chunk.available_at == clock.at + LASTS


def test_work_completed_after_the_job_was_cancelled_is_rolled_back(registry: Container, leases: LeaseManager) -> None:
    held = claim(leases)

    def work() -> Completion:
        registry.patients().add(person(1))
        registry.jobs().replace(registry.jobs().lock(job().id).cancelled(NOW))
        return DONE

    with pytest.raises(JobEnded):
        leases.complete(held, work)
    assert registry.patients_for_sync().get_all([person(1).id]) == ()
