"""Helpers that start and run sync jobs."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from bootstrap import Container
from core.access import Actor
from core.jobs.entities import Job
from core.patients.entities import Patient
from core.sync.entities import SyncJobResult
from tests.fakes import CLERK, StillClock, details

WORKER = Actor.system("worker")


def people(registry: Container, clock: StillClock, many: int) -> list[Patient]:
    """Registers patients with the external ids x0, x1, …, oldest first."""
    registered: list[Patient] = []
    for n in range(many):
        values = details(email=f"p{n}@example.org", external_id=f"x{n}")
        registered.append(registry.register_patient()(actor=CLERK, **values))
        clock.forward(timedelta(seconds=1))
    return registered


def start(registry: Container, *, status: str | None = None, patient_id: UUID | None = None) -> Job:
    return registry.start_sync_job()(actor=CLERK, status=status, patient_id=patient_id)


def run(registry: Container, job: Job, *, stopping: Callable[[], bool] = lambda: False) -> Job:
    return registry.run_job()(actor=WORKER, job_id=job.id, stopping=stopping)


def few_at_a_time(registry: Container, few: int) -> None:
    """Sets the chunk size of sync jobs."""
    registry.run_sync_job.add_kwargs(chunk_size=few)
    registry.run_sync_job.reset()
    registry.run_job.reset()


def failures(registry: Container, job: Job) -> tuple[SyncJobResult, ...]:
    return registry.list_sync_failures()(actor=CLERK, job_id=job.id, limit=200).items
