from datetime import timedelta
from uuid import uuid4

import pytest
from attrs import evolve

from bootstrap import Container
from core.jobs.entities import Chunk, Job, JobKind, JobState
from core.jobs.errors import JobNotFound
from core.paging import Page
from core.ports import TransactionRequired
from tests.contracts.examples import chunk, job, sync_outcome
from tests.fakes import NOW

LATER, EARLIER = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)


def add(registry: Container, there: Job, *chunks: Chunk) -> Job:
    registry.jobs().add(there)
    for one in chunks:
        registry.chunks().add(one)
    return there


def test_get_returns_every_field_of_a_job(registry: Container) -> None:
    jobs = registry.jobs()
    queued = add(registry, job(1))
    paused = job(2, kind=JobKind.IMPORT, options={"update": True, "name": "é"}, position=None, counts={"added": 2})
    paused = add(registry, paused.running(NOW).paused(LATER, "It is down."))
    assert [jobs.get(queued.id), jobs.get(paused.id)] == [queued, paused]
    changed = queued.running(NOW).with_counts({"updated": 1}).completed(LATER)
    jobs.replace(changed)
    assert [jobs.get(queued.id), jobs.get(paused.id)] == [changed, paused]


def test_an_unknown_job_is_not_found(registry: Container) -> None:
    jobs = registry.jobs()
    with pytest.raises(JobNotFound):
        jobs.get(uuid4())
    with pytest.raises(JobNotFound):
        registry.atomic()(lambda: jobs.lock(uuid4()))


def test_locking_a_job_requires_a_transaction(registry: Container) -> None:
    there = add(registry, job())
    with pytest.raises(TransactionRequired):
        registry.jobs().lock(there.id)
    assert registry.atomic()(lambda: registry.jobs().lock(there.id)) == there


def test_jobs_of_a_kind_are_found_in_pages_newest_first(registry: Container) -> None:
    one, two, three = (add(registry, job(number)) for number in (1, 2, 3))
    add(registry, job(4, kind=JobKind.IMPORT))
    find = registry.jobs().find
    assert find(JobKind.SYNC, after=None, limit=2) == Page((three, two), two.id)
    assert find(JobKind.SYNC, after=two.id, limit=2) == Page((one,), None)
    assert find(JobKind.SYNC, after=None, limit=3) == Page((three, two, one), None)


LEASED = {"lease": uuid4(), "available_at": LATER}
LAPSED = {"lease": uuid4(), "available_at": NOW}
FREE = {"available_at": EARLIER}
PUT_BACK = {"available_at": LATER}
ALL_HANDED_OUT = {"position": None}


@pytest.mark.parametrize(
    ("changes", "chunks", "waits"),
    [
        ({}, [], True),
        ({"position": "7"}, [], True),
        ({}, [LEASED], False),
        ({}, [LEASED, FREE], False),
        ({}, [LAPSED], True),
        ({}, [PUT_BACK], True),
        (ALL_HANDED_OUT, [LEASED], False),
        (ALL_HANDED_OUT, [LAPSED], True),
        (ALL_HANDED_OUT, [FREE], True),
        (ALL_HANDED_OUT, [PUT_BACK], False),
        (ALL_HANDED_OUT, [PUT_BACK, FREE], True),
        (ALL_HANDED_OUT, [PUT_BACK, LAPSED], True),
        (ALL_HANDED_OUT, [LEASED, LAPSED], False),
        ({"state": JobState.RUNNING}, [], True),
        ({"state": JobState.PAUSED, "resume_at": LATER}, [FREE], False),
        ({"state": JobState.PAUSED, "resume_at": NOW}, [FREE], True),
        ({"state": JobState.PAUSED, "resume_at": NOW}, [LEASED], False),
        ({"state": JobState.HELD}, [FREE], False),
        ({"state": JobState.COMPLETED, "ended_at": NOW}, [], False),
        ({"state": JobState.CANCELLED, "ended_at": NOW}, [FREE], False),
    ],
)
def test_a_job_is_runnable_when_it_can_continue_and_no_worker_has_it(
    registry: Container, changes: dict[str, object], chunks: list[dict[str, object]], waits: bool
) -> None:
    there = add(registry, job(1, **changes), *(evolve(chunk(number), **given) for number, given in enumerate(chunks)))
    assert registry.jobs().runnable(NOW) == ((there,) if waits else ())


def test_runnable_jobs_are_listed_oldest_first(registry: Container) -> None:
    three, one = add(registry, job(3)), add(registry, job(1, kind=JobKind.IMPORT))
    two = add(registry, job(2))
    registry.chunks().add(evolve(chunk(of=two), **LEASED))
    assert registry.jobs().runnable(NOW) == (one, three)


def test_jobs_are_counted_by_kind_and_state(registry: Container) -> None:
    add(registry, job(1))
    add(registry, job(2))
    add(registry, job(3, kind=JobKind.IMPORT).failed(NOW, "No progress."))
    assert registry.jobs().counts() == {
        (JobKind.SYNC, JobState.QUEUED): 2,
        (JobKind.IMPORT, JobState.FAILED): 1,
    }


def test_unfinished_jobs_are_listed_oldest_first(registry: Container) -> None:
    three = add(registry, job(3, kind=JobKind.IMPORT).running(NOW))
    one, two = add(registry, job(1)), add(registry, job(2).held("Unusual."))
    add(registry, job(4).failed(NOW, "No progress."))
    assert registry.jobs().all_unfinished() == (one, two, three)


def test_the_newest_job_with_a_key_is_found_also_after_it_ended(registry: Container) -> None:
    add(registry, job(1, key="nightly").failed(NOW, "No progress."))
    newest = add(registry, job(2, key="nightly").failed(NOW, "No progress."))
    add(registry, job(3, key="other"))
    add(registry, job(4))
    add(registry, job(5, kind=JobKind.IMPORT, key="third"))
    assert registry.jobs().newest(JobKind.SYNC, "nightly") == newest
    assert registry.jobs().newest(JobKind.SYNC, "third") is None


def test_the_last_completed_job_of_each_kind_is_known(registry: Container) -> None:
    assert registry.jobs().last_completed() == {}
    for number, at in enumerate((NOW, LATER, EARLIER)):
        add(registry, job(number).completed(at))
    add(registry, job(4, kind=JobKind.IMPORT).completed(EARLIER))
    add(registry, job(5, kind=JobKind.SCAN).failed(NOW, "No progress."))
    assert registry.jobs().last_completed() == {JobKind.SYNC: LATER, JobKind.IMPORT: EARLIER}


def test_the_schedule_returns_when_a_task_last_ran(registry: Container) -> None:
    schedule, day = registry.schedule(), timedelta(days=1)
    assert schedule.taken_at("purge") is None
    for at in (NOW, LATER, NOW + day):
        schedule.take("purge", at, day)
        assert schedule.taken_at("purge") == (NOW if at == LATER else at)


def test_remove_ended_deletes_old_jobs_with_their_data(registry: Container) -> None:
    jobs, outcomes = registry.jobs(), registry.sync_results()
    for number in (1, 2, 3):
        there = add(registry, job(number).cancelled(EARLIER), chunk(number, of=job(number)))
        outcomes.record(there.id, [sync_outcome()])
    kept = [add(registry, job(4).completed(NOW)), add(registry, job(5))]
    outcomes.record(kept[0].id, [sync_outcome()])
    assert [jobs.remove_ended(NOW, limit) for limit in (2, 2, 2)] == [2, 1, 0]
    assert jobs.find(JobKind.SYNC, after=None, limit=9).items == tuple(kept[::-1])
    assert outcomes.failures(kept[0].id, after=None, limit=9).items == (sync_outcome(),)
    for number in (1, 2, 3):
        assert outcomes.failures(job(number).id, after=None, limit=9).items == ()
        assert registry.chunks().remaining(job(number).id, NOW).available_at is None
