"""Chunks of a job: each is leased to one worker at a time."""

from datetime import timedelta
from uuid import uuid4

import pytest
from attrs import evolve

from bootstrap import Container
from core.jobs.entities import Chunk, Job, RemainingChunks
from core.jobs.errors import LeaseLost
from core.ports import TransactionRequired
from tests.contracts.examples import chunk, job, person
from tests.fakes import NOW

LATER, EARLIER = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
LASTS = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def jobs(registry: Container) -> list[Job]:
    jobs = [job(1), job(2)]
    for one in jobs:
        registry.jobs().add(one)
    return jobs


def add(registry: Container, *chunks: Chunk) -> None:
    for one in chunks:
        registry.chunks().add(one)


def take(registry: Container, at: timedelta = timedelta()) -> Chunk | None:
    now, lease = NOW + at, uuid4()
    return registry.atomic()(lambda: registry.chunks().claim(job(1).id, lease=lease, now=now, until=now + LASTS))


def taken(registry: Container, at: timedelta = timedelta()) -> Chunk:
    found = take(registry, at)
    assert found is not None
    return found


def lock(registry: Container, held: Chunk) -> None:
    registry.atomic()(lambda: registry.chunks().lock(held))


def test_each_chunk_is_claimed_once(registry: Container) -> None:
    add(registry, chunk(1), chunk(2, tries=3), chunk(3, of=job(2)))
    found = [taken(registry), taken(registry)]
    assert take(registry) is None
    assert {one.id: (one.items, one.tries) for one in found} == {
        chunk(1).id: (chunk(1).items, 0),
        chunk(2).id: (chunk(2).items, 3),
    }
    assert {one.available_at for one in found} == {NOW + LASTS}
    assert len({one.lease for one in found} - {None}) == 2


def test_a_chunk_that_is_not_available_yet_is_not_claimed(registry: Container) -> None:
    add(registry, chunk(1, available_at=LATER))
    assert take(registry) is None
    assert taken(registry, timedelta(seconds=1)).id == chunk(1).id


def test_an_expired_lease_is_taken_over_and_its_former_holder_gets_lease_lost(registry: Container) -> None:
    add(registry, chunk())
    former = taken(registry)
    lock(registry, former)
    assert take(registry, LASTS - timedelta(microseconds=1)) is None
    holder = taken(registry, LASTS)
    assert (holder.id, holder.available_at) == (former.id, NOW + 2 * LASTS)
    lock(registry, holder)
    with pytest.raises(LeaseLost):
        lock(registry, former)


def test_a_removed_chunk_cannot_be_locked(registry: Container) -> None:
    add(registry, chunk(1), chunk(2), chunk(3, of=job(2)))
    one, other = taken(registry), taken(registry)
    registry.chunks().remove(one)
    with pytest.raises(LeaseLost):
        lock(registry, one)
    lock(registry, other)
    registry.chunks().remove_all(job(1).id)
    with pytest.raises(LeaseLost):
        lock(registry, other)
    assert registry.chunks().remaining(job(2).id, NOW) == RemainingChunks(0, NOW)


def test_claiming_and_locking_a_chunk_require_a_transaction(registry: Container) -> None:
    add(registry, chunk())
    with pytest.raises(TransactionRequired):
        registry.chunks().claim(job(1).id, lease=uuid4(), now=NOW, until=LATER)
    with pytest.raises(TransactionRequired):
        registry.chunks().lock(chunk())


def test_a_returned_chunk_keeps_only_its_remaining_items_and_becomes_available_later(registry: Container) -> None:
    add(registry, chunk())
    rest = evolve(taken(registry), items=(person(2).id,), lease=None, available_at=LATER, tries=1)
    registry.chunks().replace(rest)
    assert take(registry) is None
    again = taken(registry, timedelta(seconds=1))
    assert (again.id, again.items, again.tries) == (rest.id, (person(2).id,), 1)


def test_the_holder_renews_its_lease(registry: Container) -> None:
    add(registry, chunk())
    renewed = evolve(taken(registry), available_at=NOW + 2 * LASTS)
    registry.chunks().replace(renewed)
    assert take(registry, LASTS) is None
    lock(registry, renewed)


@pytest.mark.parametrize(
    ("chunks", "left"),
    [
        ([], RemainingChunks(0, None)),
        ([chunk(1, lease=uuid4(), available_at=LATER)], RemainingChunks(1, None)),
        ([chunk(1, lease=uuid4(), available_at=LATER), chunk(2, available_at=LATER)], RemainingChunks(1, LATER)),
        ([chunk(1, lease=uuid4(), available_at=EARLIER), chunk(2, available_at=LATER)], RemainingChunks(0, EARLIER)),
        ([chunk(1, available_at=LATER), chunk(2, available_at=NOW)], RemainingChunks(0, NOW)),
        ([chunk(1, of=job(2), lease=uuid4(), available_at=LATER)], RemainingChunks(0, None)),
    ],
)
def test_remaining_returns_the_leased_count_and_the_next_available_time(
    registry: Container, chunks: list[Chunk], left: RemainingChunks
) -> None:
    add(registry, *chunks)
    assert registry.chunks().remaining(job(1).id, NOW) == left
