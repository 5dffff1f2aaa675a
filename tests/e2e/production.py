"""The registry as production serves it: on PostgreSQL, with worker processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4

import httpx
import psycopg
from attrs import frozen

from tests.databases import postgres_database, url_of
from tests.e2e.conftest import ROOT, UNREACHABLE_CACHE, environment_in, finished, manage
from tests.programs import free_port, wait_for_port

SETUP = """
from config.registry import django_registry
from core.access import Actor

registry, actor = django_registry(), Actor.system("setup")
registry.create_user()(actor=actor, email="clerk@clinic.example", password="correct horse battery", role="clerk")
post = registry.write_post()(actor=actor, title="Read me", content="Again and again.")
registry.publish_post()(actor=actor, post_id=post.id)
print(registry.sign_in()(email="clerk@clinic.example", password="correct horse battery").access, post.id)
"""


@frozen
class Production:
    """A database that is set up, and how to serve it."""

    environment: dict[str, str]
    database: psycopg.Connection[tuple[object]]
    token: str
    post: str

    @contextmanager
    def served(self, **settings: str) -> Generator[tuple["subprocess.Popen[bytes]", Callable[[], httpx.Client]]]:
        """The server's process, and how to become one of its clients."""
        port = free_port()
        address = {"GRANIAN_HOST": "127.0.0.1", "GRANIAN_PORT": str(port)}
        command = [sys.executable, str(ROOT / "manage.py"), "serve"]
        process = subprocess.Popen(command, env=self.environment | address | settings, process_group=0)
        headers = {"Authorization": f"Bearer {self.token}", "X-Forwarded-Proto": "https"}
        try:
            wait_for_port(process, port)
            yield process, lambda: httpx.Client(
                base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=30
            )
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its workers too
            process.wait()

    def kept(self) -> set[object]:
        return {str(row[0]) for row in self.database.execute("SELECT id FROM patients_patient")}

    def views(self) -> object:
        row = self.database.execute("SELECT view_count FROM posts_post").fetchone()
        assert row
        return row[0]


@contextmanager
def migrated_database(directory: Path) -> Generator[str]:
    """The name of an empty PostgreSQL database, to be copied because migrating takes seconds."""
    with postgres_database() as name:
        assert finished(manage(_environment(directory, name), "migrate", "--verbosity", "0"))[::2] == (0, "")
        yield name


@contextmanager
def production_in(directory: Path, migrated: str) -> Generator[Production]:
    """On a copy of the database `migrated`."""
    with postgres_database(migrated) as name:
        environment = _environment(directory, name)
        done = subprocess.run(
            [sys.executable, "-c", SETUP], env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=60
        )
        token, post = done.stdout.split()
        with psycopg.connect(url_of(name), autocommit=True) as database:
            yield Production(environment, database, token, post)


def _environment(directory: Path, database: str) -> dict[str, str]:
    return environment_in(directory) | {
        "DJANGO_ENV": "production",
        "CACHE_URL": UNREACHABLE_CACHE,
        "SECRET_KEY": "a secret of sixty characters, which is long enough for this one",
        "ALLOWED_HOSTS": "127.0.0.1",
        "TRUSTED_PROXIES": "127.0.0.1",
        "DATABASE_URL": url_of(database),
        "PYTHONPATH": str(ROOT / "src"),
    }


def register(client: httpx.Client, **details: object) -> httpx.Response:
    patient = details | {"first_name": "Ada", "last_name": "Lovelace", "date_of_birth": "1985-12-10"}
    return client.post("/api/v1/patients/", json=patient | {"email": f"{uuid4()}@mail.example"})


def until(reached: Callable[[], object]) -> None:
    deadline = monotonic() + 30
    while not reached():
        assert monotonic() < deadline
        sleep(0.01)


def answers(client: httpx.Client) -> bool:
    with suppress(httpx.TransportError):
        return client.get("/health/live").is_success
    return False
