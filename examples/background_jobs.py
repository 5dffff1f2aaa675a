"""Imports the first fifty demo patients into Django's registry, then syncs all patients from upstream.

Both are jobs that this script runs. If it is stopped, a server or a worker continues the job.

.venv/bin/python manage.py migrate
.venv/bin/python manage.py upstream_simulator &
EXTERNAL_API_BASE_URL=http://127.0.0.1:9000 PYTHONPATH=src .venv/bin/python examples/background_jobs.py
"""

import logging
from collections.abc import Iterator
from itertools import islice
from time import sleep

import orjson
from attrs import asdict

from adapters.cli.demo_data import demo_patients
from config.registry import django_registry
from core.access import Actor
from core.files import FileFormat
from core.jobs.entities import Job

registry = django_registry()
actor = Actor.system("background_jobs")


def main() -> None:
    logging.disable(logging.INFO)
    report(finished(registry.start_import()(actor=actor, content=fifty_patients, format=FileFormat.NDJSON)))
    job = finished(registry.start_sync_job()(actor=actor))
    report(job)
    for failure in registry.list_sync_failures()(actor=actor, job_id=job.id, limit=3).items:
        print(f"  {failure.patient_id} {failure.outcome} {failure.reason}")


def fifty_patients() -> Iterator[bytes]:
    for details in islice(demo_patients().values(), 50):
        yield orjson.dumps(details, default=asdict, option=orjson.OPT_APPEND_NEWLINE)


def finished(job: Job) -> Job:
    """Runs the job to its end, together with any other worker. While upstream is down, the job is paused."""
    while not job.state.has_ended:
        if job.resume_at:
            sleep(max(0.0, (job.resume_at - registry.clock().now()).total_seconds()))
        job = registry.run_job()(actor=actor, job_id=job.id)
    return job


def report(job: Job) -> None:
    print(f"{job.kind}: {', '.join(f'{count} {outcome}' for outcome, count in job.counts.items())}")


if __name__ == "__main__":
    main()
