"""A registry full of patients that upstream knows."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import httpx
import psycopg
from attrs import evolve, frozen
from psycopg.rows import dict_row

from adapters.cli.simulator import UpstreamSimulator
from adapters.cli.switches import Switches
from tests.databases import postgres_database, url_of
from tests.e2e.conftest import ROOT, environment_in

PATIENTS = int(os.environ.get("JOB_PATIENTS", "210"))
CHANGED = 3  # upstream has another last name for one patient in so many
UPDATED = len(range(0, PATIENTS, CHANGED))
SECONDS = 600 if "JOB_PATIENTS" in os.environ else 90
FILL = """
import sys
from config.registry import django_registry
from core.access import Actor

registry, actor = django_registry(), Actor.system("setup")
registry.atomic()(lambda: [
    registry.register_patient()(
        actor=actor, external_id=f"x{n}", first_name="Ada", last_name="Byron", email=f"p{n}@mail.example",
        date_of_birth="1985-12-10", override_reason="All patients here have one name.",
    )
    for n in range(int(sys.argv[1]))
] and None)
"""
START = """
from time import monotonic
from config.registry import django_registry
from core.access import Actor

start = django_registry().start_sync_job()
started = monotonic()
print(start(actor=Actor.system("test")).id, monotonic() - started)
"""

Rows = psycopg.Connection[dict[str, Any]]


@frozen
class Registry:
    environment: dict[str, str]
    database: Rows
    upstream: UpstreamSimulator

    def given(self, **settings: str) -> "Registry":
        return evolve(self, environment=self.environment | settings)

    def using(self, broker: str) -> "Registry":
        return self.given(CELERY_BROKER_URL=broker)

    def switch(self, **switches: object) -> None:
        httpx.put(f"{self.upstream.url}/control", json=switches, trust_env=False).raise_for_status()

    def start_job(self) -> tuple[str, float]:
        """Its id, and how many seconds starting it took."""
        job, seconds = run(self.environment, START).split()
        return job, float(seconds)

    def job(self, job: str) -> dict[str, Any]:
        row = self.database.execute("SELECT * FROM jobs_job WHERE id = %s", [job]).fetchone()
        assert row
        return row

    def completed(self, job: str) -> dict[str, Any]:
        until(lambda: self.job(job)["state"] == "completed")
        return self.job(job)

    def leases(self) -> set[object]:
        rows = self.database.execute("SELECT lease FROM jobs_chunk WHERE lease IS NOT NULL AND available_at > now()")
        return {row["lease"] for row in rows}

    def outcomes(self, job: str) -> dict[str, int]:
        """How many outcomes each patient has, by external id."""
        return self._counted(
            "SELECT external_id, count(*) FROM sync_syncjobresult JOIN patients_patient"
            " ON patient_id = patients_patient.id WHERE job_id = %s GROUP BY external_id",
            [job],
        )

    def syncs(self) -> dict[str, int]:
        """How many events of being synced each patient has, by external id."""
        return self._counted(
            "SELECT external_id, count(*) FROM patients_patientevent JOIN patients_patient"
            " ON patient_id = patients_patient.id WHERE action = 'synced' GROUP BY external_id",
            [],
        )

    def _counted(self, query: str, values: list[str]) -> dict[str, int]:
        rows = self.database.execute(query, values)  # pyright: ignore[reportArgumentType]
        return {row["external_id"]: row["count"] for row in rows}


def until(reached: Callable[[], object], seconds: float = SECONDS) -> None:
    deadline = monotonic() + seconds
    while not reached():
        assert monotonic() < deadline
        sleep(0.01)


def run(environment: dict[str, str], program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@contextmanager
def filled_database(directory: Path, migrated: str) -> Generator[str]:
    """The name of a copy of the database `migrated` with `PATIENTS` patients, to be copied."""
    with postgres_database(migrated) as name:
        run(_environment(directory, name), FILL, str(PATIENTS))
        yield name


@contextmanager
def filled_registry(directory: Path, filled: str, latency: float) -> Generator[Registry]:
    """On a copy of the database `filled`."""
    records = {f"x{n}": {"id": f"x{n}"} | ({} if n % CHANGED else {"last_name": "King"}) for n in range(PATIENTS)}
    upstream = UpstreamSimulator(0, records, Switches(latency=latency))
    Thread(target=upstream.serve_forever, daemon=True).start()
    with upstream, postgres_database(filled) as name:
        environment = _environment(directory, name) | {"EXTERNAL_API_BASE_URL": upstream.url}
        with Rows.connect(url_of(name), autocommit=True, row_factory=dict_row) as database:
            yield Registry(environment, database, upstream)
        upstream.shutdown()


def _environment(directory: Path, database: str) -> dict[str, str]:
    return environment_in(directory) | {
        "DATABASE_URL": url_of(database),
        "SECRET_KEY": "a secret of sixty characters, which is long enough for this one",
        "EXTERNAL_API_POLICY": "bulk_calls=20, max_calls=30, recovery=1",
        "JOB_LEASE": "2",
        "JOB_SWEEP": "1",
        "PYTHONPATH": str(ROOT / "src"),
    }
