"""An import whose job, lease or requester ends while it runs."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from attrs import evolve

from bootstrap import Container
from core.access import Actor, Role
from core.files import FileFormat
from core.imports.services.job_runner import ONE_BY_ONE_AFTER
from core.jobs.entities import Job, JobKind, JobState
from core.jobs.services.leases import REQUESTER_NOT_ALLOWED
from tests.fakes import ADMIN, CLERK, StillClock

HEADER = b"first_name,last_name,email,date_of_birth\n"
CSV = HEADER + b"".join(b"Ada,Byron,p%d@example.org,1985-12-10\n" % number for number in range(4))


def start(registry: Container, actor: Actor = CLERK) -> Job:
    return registry.start_import()(actor=actor, content=lambda: [CSV], format=FileFormat.CSV)


def run(
    registry: Container, job: Job, after_a_row: Callable[[], object], *, batch_size: int = 1, stop: bool = False
) -> Job:
    """`after_a_row` happens when one row is imported and the next one is read."""

    def events() -> Iterator[bool]:
        yield False
        yield False
        after_a_row()
        while True:
            yield stop

    evolve(registry.run_import(), batch_size=batch_size)(job, stopping=events().__next__)
    return registry.jobs().get(job.id)


def test_cancelled_import_keeps_its_imported_rows(registry: Container) -> None:
    job = start(registry)
    ended = run(registry, job, lambda: registry.cancel_job()(actor=CLERK, job_id=job.id, kind=JobKind.IMPORT))
    assert (ended.state, ended.counts) == (JobState.CANCELLED, {"added": 1})


def test_worker_that_lost_its_lease_repeats_no_row(registry: Container, clock: StillClock) -> None:
    job, leases = start(registry), registry.leases()
    ended = run(registry, job, lambda: clock.forward(leases.duration))
    assert (ended.state, ended.counts) == (JobState.COMPLETED, {"added": 4})


def taken_over(registry: Container, clock: StillClock, job: Job) -> None:
    """By so many workers, one after the other, that the next one imports row by row."""
    for _ in range(ONE_BY_ONE_AFTER):
        assert registry.leases().claim(job.id)
        clock.forward(registry.leases().duration)


@pytest.mark.parametrize("row_by_row", [False, True])
def test_disabled_requester_pauses_the_import(registry: Container, clock: StillClock, row_by_row: bool) -> None:
    user = registry.create_user()(
        actor=ADMIN, email="eve@example.org", password="correct horse battery", role=Role.CLERK
    )
    clock.forward(timedelta(seconds=1))
    job = start(registry, Actor.user(user.id, user.role, "r"))
    if row_by_row:
        taken_over(registry, clock, job)

    def disable() -> None:
        registry.update_user()(actor=ADMIN, user_id=user.id, is_active=False)

    paused = run(registry, job, disable, batch_size=100 if row_by_row else 1)
    assert (paused.state, paused.reason, paused.counts) == (JobState.PAUSED, REQUESTER_NOT_ALLOWED, {"added": 2})


def test_lease_lost_while_importing_row_by_row_rejects_no_row(registry: Container, clock: StillClock) -> None:
    job, leases = start(registry), registry.leases()
    taken_over(registry, clock, job)

    def another_worker_takes_over() -> None:
        clock.forward(leases.duration)
        assert leases.claim(job.id)

    interrupted = run(registry, job, another_worker_takes_over, batch_size=100)
    assert (interrupted.state, interrupted.counts) == (JobState.RUNNING, {"added": 1})


def test_stopping_worker_finishes_its_row(registry: Container) -> None:
    job = start(registry)
    assert run(registry, job, lambda: None, stop=True).counts == {"added": 2}
