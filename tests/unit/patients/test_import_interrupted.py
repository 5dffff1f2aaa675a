"""An import whose job, lease or requester ends while it runs."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from attrs import evolve

from bootstrap import Container
from core.access import Actor, Role
from core.jobs.entities import Job, JobKind, JobState
from core.jobs.leases import WAITS_FOR_REQUESTER
from core.patients.files import FileFormat
from core.patients.use_cases.run_import import ONE_BY_ONE_AFTER
from tests.fakes import ADMIN, CLERK, StillClock

HEADER = b"first_name,last_name,email,date_of_birth\n"
CSV = HEADER + b"".join(b"Ada,Byron,p%d@example.org,1985-12-10\n" % number for number in range(4))


def start(registry: Container, actor: Actor = CLERK) -> Job:
    return registry.start_import()(actor=actor, content=lambda: [CSV], format=FileFormat.CSV)


def run(registry: Container, job: Job, after_a_row: Callable[[], object], *, stop: bool = False) -> Job:
    """Imports one row at a time. `after_a_row` happens while the second one is read."""

    def events() -> Iterator[bool]:
        yield False
        yield False
        after_a_row()
        while True:
            yield stop

    evolve(registry.run_import(), at_a_time=1)(job, stopping=events().__next__)
    return registry.jobs().get(job.id)


def test_a_job_cancelled_meanwhile_keeps_the_rows_imported_before(registry: Container) -> None:
    job = start(registry)
    ended = run(registry, job, lambda: registry.cancel_job()(actor=CLERK, job_id=job.id, kind=JobKind.IMPORT))
    assert (ended.state, ended.counts) == (JobState.CANCELLED, {"added": 1})


def test_a_worker_that_lost_its_lease_repeats_no_row(registry: Container, clock: StillClock) -> None:
    job, leases = start(registry), registry.leases()
    ended = run(registry, job, lambda: clock.forward(leases.lasts))
    assert (ended.state, ended.counts) == (JobState.COMPLETED, {"added": 4})


@pytest.mark.parametrize("takeovers", [0, ONE_BY_ONE_AFTER])
def test_a_requester_disabled_meanwhile_pauses_the_job(registry: Container, clock: StillClock, takeovers: int) -> None:
    user = registry.create_user()(
        actor=ADMIN, email="eve@example.org", password="correct horse battery", role=Role.CLERK
    )
    clock.forward(timedelta(seconds=1))
    job = start(registry, Actor.user(user.id, user.role, "r"))
    for _ in range(takeovers):
        assert registry.leases().claim(job.id)
        clock.forward(registry.leases().lasts)
    paused = run(registry, job, lambda: registry.update_user()(actor=ADMIN, user_id=user.id, is_active=False))
    assert (paused.state, paused.reason) == (JobState.PAUSED, WAITS_FOR_REQUESTER)
    assert paused.counts == {"added": 2}


def test_a_lease_lost_in_the_middle_of_row_by_row_mode_rejects_no_row(registry: Container, clock: StillClock) -> None:
    job, leases = start(registry), registry.leases()
    for _ in range(ONE_BY_ONE_AFTER):
        assert leases.claim(job.id)
        clock.forward(leases.lasts)

    def another_worker_takes_over() -> None:
        clock.forward(leases.lasts)
        assert leases.claim(job.id)

    interrupted = run(registry, job, another_worker_takes_over)
    assert (interrupted.state, interrupted.counts) == (JobState.RUNNING, {"added": 1})


def test_a_stopping_worker_finishes_its_row(registry: Container) -> None:
    job = start(registry)
    assert run(registry, job, lambda: None, stop=True).counts == {"added": 2}
