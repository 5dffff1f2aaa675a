"""A registry full of patients that upstream knows."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date, timedelta
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
from bootstrap import Configuration, Container, registry_on_django
from core.access import Actor
from tests.databases import connected, postgres_database, url_of
from tests.e2e.conftest import ROOT, environment_in

PATIENTS = int(os.environ.get("JOB_PATIENTS", "210"))
CHANGED = 3  # upstream has another last name for one patient in so many
UPDATED = len(range(0, PATIENTS, CHANGED))
SECONDS = 600 if "JOB_PATIENTS" in os.environ else 90
SECRET = "a secret of sixty characters, which is long enough for this one"
BROKER = "CELERY_BROKER_URL"

Rows = psycopg.Connection[dict[str, Any]]


@frozen
class Registry:
    environment: dict[str, str]
    name: str
    database: Rows
    upstream: UpstreamSimulator

    def given(self, **settings: str) -> "Registry":
        return evolve(self, environment=self.environment | settings)

    def using(self, broker: str) -> "Registry":
        return self.given(**{BROKER: broker})

    def switch(self, **switches: object) -> None:
        httpx.put(f"{self.upstream.url}/control", json=switches, trust_env=False).raise_for_status()

    def start_job(self) -> tuple[str, float]:
        """Its id, and how many seconds starting it took in this process."""
        configuration = Configuration(
            secret_keys=(SECRET,), upstream_url=self.upstream.url, broker_url=self.environment.get(BROKER, "")
        )
        with connected(self.name):
            start = registry_on_django(configuration, self.name).start_sync_job()
            started = monotonic()
            return str(start(actor=Actor.system("test")).id), monotonic() - started

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
        sleep(0.05)


def fill(database: str) -> None:
    """With `PATIENTS` patients."""
    with connected(database):
        register_patients(registry_on_django(Configuration(secret_keys=(SECRET,)), database))


def register_patients(registry: Container) -> None:
    def register_all() -> None:
        register = registry.register_patient()
        for n in range(PATIENTS):
            register(
                actor=Actor.system("setup"),
                external_id=f"x{n}",
                first_name="".join(chr(ord("a") + int(digit)) for digit in f"{n * 7919:08}"),
                last_name="Byron",
                email=f"p{n}@mail.example",
                date_of_birth=date(1900, 1, 1) + timedelta(5 * n),
            )

    registry.atomic()(register_all)


@contextmanager
def filled_registry(directory: Path, filled: str, latency: float) -> Generator[Registry]:
    """On a copy of the database `filled`."""
    records = {f"x{n}": {"id": f"x{n}", "last_name": "Byron" if n % CHANGED else "King"} for n in range(PATIENTS)}
    upstream = UpstreamSimulator(0, records, Switches(latency=latency))
    Thread(target=upstream.serve_forever, daemon=True).start()
    with upstream, postgres_database(filled) as name:
        environment = _environment(directory, name) | {"EXTERNAL_API_BASE_URL": upstream.url}
        with Rows.connect(url_of(name), autocommit=True, row_factory=dict_row) as database:
            yield Registry(environment, name, database, upstream)
        upstream.shutdown()


def _environment(directory: Path, database: str) -> dict[str, str]:
    return environment_in(directory) | {
        "DATABASE_URL": url_of(database),
        "SECRET_KEY": SECRET,
        "EXTERNAL_API_POLICY": "bulk_calls=20, max_calls=30, recovery=1",
        "JOB_LEASE": "2",
        "JOB_SWEEP": "1",
        "PYTHONPATH": str(ROOT / "src"),
    }
