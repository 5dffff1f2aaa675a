"""Several workers process one job."""

from collections import Counter
from datetime import timedelta
from threading import Thread
from time import monotonic
from uuid import UUID

import pytest
from attrs import evolve

from bootstrap import Container
from core.files import FileFormat
from core.idempotency.entities import Answer
from core.jobs.entities import Job, JobKind, JobState
from core.jobs.errors import JobEnded
from core.jobs.services.leases import Allocation, Completion, Lease
from core.ports import Clock
from core.sync.entities import SyncJobOutcome
from core.sync.use_cases.jobs import NIGHTLY_SYNC_KEY
from tests.contracts.conftest import MEMORY, POSTGRES, SQLITE, open_registry
from tests.contracts.examples import job, person, sync_outcome, together
from tests.fakes import CLERK, NOW

EVERYWHERE = pytest.mark.parametrize("database", [MEMORY, SQLITE, POSTGRES])
CHUNK_SIZE, ITEMS = 3, [person(number).id for number in range(60)]


def allocate(there: Job) -> Allocation | None:
    begin = int(there.position or 0)
    end = begin + CHUNK_SIZE
    return Allocation(tuple(ITEMS[begin:end]), str(end) if end < len(ITEMS) else None)


def complete(registry: Container, claim: Lease, clock: Clock) -> Completion:
    """Processes one item of a new chunk and returns the others; then processes the rest."""
    first = claim.chunk.tries == 0
    done = claim.chunk.items[:1] if first else claim.chunk.items
    outcomes = [evolve(sync_outcome(outcome=SyncJobOutcome.NOT_FOUND), patient_id=item) for item in done]
    registry.sync_results().record(claim.job.id, outcomes)
    rest = evolve(claim.chunk, items=claim.chunk.items[1:], lease=None, available_at=clock.now(), tries=1)
    return Completion({"not_found": len(done)}, rest if first else None)


@EVERYWHERE
def test_starting_an_import_several_times_at_once_creates_one_job(database: str) -> None:
    registry = open_registry(database)
    content = b"first_name,last_name,email,date_of_birth\nAda,Byron,ada@example.org,1985-12-10\n"

    def start(number: int) -> Job:
        actor = evolve(CLERK, request_id=f"request {number}")
        return registry.start_import()(actor=actor, content=lambda: [content], format=FileFormat.CSV)

    started = together(8, start)
    assert len({one.id for one in started if isinstance(one, Job)}) == 1, started
    assert all(isinstance(one, Job) for one in started), started


@EVERYWHERE
def test_an_import_started_twice_at_once_by_requests_with_keys_is_one_job(database: str) -> None:
    registry = open_registry(database)
    content = b"first_name,last_name,email,date_of_birth\nAda,Byron,ada@example.org,1985-12-10\n"

    def start(number: int) -> bytes:
        def work() -> Answer:
            job = registry.start_import()(actor=CLERK, content=lambda: [content], format=FileFormat.CSV)
            return Answer(202, {}, job.id.bytes)

        key = f"tab-{number}"
        return registry.answer_once()(actor=CLERK, key=key, operation="import", request=b"", work=work)[0].body

    started = together(8, start)
    assert len(set(started)) == 1, started


@EVERYWHERE
def test_only_one_of_several_simultaneous_workers_takes_a_scheduled_task(database: str) -> None:
    registry = open_registry(database)
    day = timedelta(days=1)
    for days in (0, 1):
        at = NOW + days * day
        turns = together(6, lambda _, at=at: registry.schedule().take("purge", at, day))
        assert Counter(turns) == {True: 1, False: 5}
        assert not registry.schedule().take("purge", at + day - timedelta(seconds=1), day)
    assert registry.schedule().take("nightly", NOW, day)


@EVERYWHERE
def test_a_nightly_sync_starts_only_after_the_previous_one_has_ended(database: str) -> None:
    registry = open_registry(database)
    start = registry.start_nightly_sync()
    first = start(actor=CLERK)
    assert first is not None
    assert start(actor=CLERK) is None
    registry.start_sync_job()(actor=CLERK)  # other syncs may run at the same time
    assert registry.jobs().unfinished(NIGHTLY_SYNC_KEY) == first
    registry.cancel_job()(actor=CLERK, kind=JobKind.SYNC, job_id=first.id)
    assert registry.jobs().unfinished(NIGHTLY_SYNC_KEY) is None
    second = start(actor=CLERK)
    assert second is not None
    assert second.id != first.id


@EVERYWHERE
def test_only_one_of_several_simultaneous_nightly_syncs_starts(database: str) -> None:
    registry = open_registry(database)
    jobs = together(6, lambda _: registry.start_nightly_sync()(actor=CLERK))
    assert Counter(type(job) for job in jobs) == {Job: 1, type(None): 5}


@EVERYWHERE
def test_several_workers_process_every_item_exactly_once(database: str) -> None:
    registry = open_registry(database)
    leases, clock = registry.leases(), registry.clock()
    registry.jobs().add(job())

    def work(_: int) -> Counter[UUID]:
        claimed = Counter[UUID]()
        while claim := leases.claim(job().id, allocate):
            leases.complete(claim, lambda claim=claim: complete(registry, claim, clock))
            claimed[claim.chunk.id] += 1
        return claimed

    claimed = Counter[UUID]()
    for one in together(6, work):
        assert not isinstance(one, Exception), one
        claimed += one
    ended = registry.jobs().get(job().id)
    assert (ended.state, ended.total, ended.counts) == (JobState.COMPLETED, len(ITEMS), {"not_found": len(ITEMS)})
    failures = registry.sync_results().failures(job().id, after=None, limit=200).items
    assert [failure.patient_id for failure in failures] == ITEMS
    assert set(claimed.values()) == {2}
    assert len(claimed) == len(ITEMS) // CHUNK_SIZE


@pytest.mark.parametrize("database", [POSTGRES])
def test_a_job_is_cancelled_immediately_while_a_chunk_is_being_completed(database: str) -> None:
    registry = open_registry(database)
    leases, jobs, cancel = registry.leases(), registry.jobs(), registry.cancel_job()
    jobs.add(job())
    claim = leases.claim(job().id, allocate)
    assert claim is not None
    cancelled: list[Job | Exception] = []

    def cancel_it() -> None:
        cancelled.extend(together(1, lambda _: cancel(actor=CLERK, kind=JobKind.SYNC, job_id=job().id)))

    other, deadline = Thread(target=cancel_it), monotonic() + 2

    def work() -> Completion:
        other.start()
        while not jobs.get(job().id).state.has_ended and monotonic() < deadline:
            other.join(timeout=0.01)
        return complete(registry, claim, registry.clock())

    with pytest.raises(JobEnded):
        leases.complete(claim, work)
    other.join(timeout=30)
    assert cancelled == [jobs.get(job().id)]
    assert registry.sync_results().failures(job().id, after=None, limit=9).items == ()
    assert registry.chunks().remaining(job().id, NOW).available_at is None
