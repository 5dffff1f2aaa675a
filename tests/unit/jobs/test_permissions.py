from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from adapters.tasks.in_process import InProcessQueue
from bootstrap import Container
from core.access import Actor, Permission
from core.errors import Forbidden
from core.jobs.entities import JobKind
from core.jobs.errors import JobNotFound
from tests.fakes import CLERK

Call = Callable[[Container, Actor, UUID], object]


def undo(registry: Container, actor: Actor, job_id: UUID) -> None:
    """Once the job has ended, if the actor may."""
    jobs = registry.store().jobs
    if job_id in jobs and actor.may(Permission.UNDO_JOBS):
        jobs[job_id] = jobs[job_id].cancelled(jobs[job_id].created_at)
    registry.undo_job()(actor=actor, kind=JobKind.SYNC, job_id=job_id)


USE_CASES: dict[str, tuple[Permission, Call]] = {
    "start": (Permission.MANAGE_JOBS, lambda registry, actor, _: registry.start_sync_job()(actor=actor)),
    "start nightly": (Permission.MANAGE_JOBS, lambda registry, actor, _: registry.start_nightly_sync()(actor=actor)),
    "view": (
        Permission.MANAGE_JOBS,
        lambda registry, actor, job_id: registry.view_job()(actor=actor, kind=JobKind.SYNC, job_id=job_id),
    ),
    "list": (Permission.MANAGE_JOBS, lambda registry, actor, _: registry.list_jobs()(actor=actor, kind=JobKind.SYNC)),
    "cancel": (
        Permission.MANAGE_JOBS,
        lambda registry, actor, job_id: registry.cancel_job()(actor=actor, kind=JobKind.SYNC, job_id=job_id),
    ),
    "failures": (
        Permission.MANAGE_JOBS,
        lambda registry, actor, job_id: registry.list_sync_failures()(actor=actor, job_id=job_id),
    ),
    "confirm": (
        Permission.CONFIRM_JOBS,
        lambda registry, actor, job_id: registry.confirm_sync_job()(actor=actor, job_id=job_id),
    ),
    "undo": (Permission.UNDO_JOBS, undo),
    "run": (Permission.RUN_JOBS, lambda registry, actor, job_id: registry.run_job()(actor=actor, job_id=job_id)),
    "dispatch": (Permission.RUN_JOBS, lambda registry, actor, _: registry.dispatch_runnable_jobs()(actor=actor)),
}


@pytest.fixture
def job_id(registry: Container) -> UUID:
    """Of a held job."""
    job = registry.start_sync_job()(actor=CLERK)
    registry.store().jobs[job.id] = job.held("Too many changes.")
    return job.id


@pytest.mark.parametrize("name", USE_CASES)
def test_use_case_requires_exactly_its_permission(name: str, registry: Container, job_id: UUID) -> None:
    permission, call = USE_CASES[name]
    before = dict(registry.store().jobs)
    with pytest.raises(Forbidden, match=permission):
        call(registry, Actor("user:x", frozenset(Permission) - {permission}, "request"), job_id)
    assert registry.store().jobs == before
    call(registry, Actor("user:x", frozenset({permission}), "request"), job_id)


@pytest.mark.parametrize("name", ["view", "cancel", "failures", "confirm", "undo", "run"])
def test_permission_is_checked_before_the_job_exists(name: str, registry: Container) -> None:
    permission, call = USE_CASES[name]
    with pytest.raises(Forbidden):
        call(registry, Actor("user:x", frozenset(), "request"), uuid4())
    with pytest.raises(JobNotFound):
        call(registry, Actor("user:x", frozenset({permission}), "request"), uuid4())


@pytest.mark.parametrize("name", ["view", "cancel"])
def test_job_of_another_kind_is_not_found(name: str, registry: Container, job_id: UUID) -> None:
    call = registry.view_job() if name == "view" else registry.cancel_job()
    with pytest.raises(JobNotFound):
        call(actor=CLERK, kind=JobKind.IMPORT, job_id=job_id)


def test_runnable_jobs_are_enqueued_on_every_dispatch(registry: Container) -> None:
    job_id = registry.start_sync_job()(actor=CLERK).id
    system, queue = Actor.system("dispatcher"), registry.job_queue()
    assert isinstance(queue, InProcessQueue)
    for _ in range(2):
        queue.wake_up.clear()
        assert [job.id for job in registry.dispatch_runnable_jobs()(actor=system)] == [job_id]
        assert queue.wake_up.is_set()
    registry.cancel_job()(actor=CLERK, kind=JobKind.SYNC, job_id=job_id)
    queue.wake_up.clear()
    assert registry.dispatch_runnable_jobs()(actor=system) == ()
    assert not queue.wake_up.is_set()
