"""The registry as production serves it: on PostgreSQL, with worker processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import IO
from uuid import uuid4

import httpx
import psycopg
from attrs import frozen
from psycopg.sql import SQL, Identifier

from bootstrap import Configuration, Container, registry_on_django
from core.access import Actor
from tests.databases import connected, postgres_database, url_of
from tests.e2e.conftest import ROOT, UNREACHABLE_CACHE, environment_in, finished, manage
from tests.programs import free_port, wait_for_port

ROLE = "registry_server"
SECRET = "a secret of sixty characters, which is long enough for this one"

Served = tuple["subprocess.Popen[bytes]", Callable[[], httpx.Client]]  # the process, and how to become its client


@frozen
class Production:
    """A database that is set up, and how to serve it."""

    environment: dict[str, str]
    database: psycopg.Connection[tuple[object]]
    token: str
    post: str

    def served(self, **settings: str) -> AbstractContextManager[Served]:
        return served(self.environment | settings, self.token)

    def kept(self) -> set[object]:
        return {str(row[0]) for row in self.database.execute("SELECT id FROM patients_patient")}

    def accesses(self) -> set[object]:
        """The ids of the requests that are in the access log."""
        return {row[0] for row in self.database.execute("SELECT request_id FROM access_log_accessentry")}

    def views(self) -> object:
        row = self.database.execute("SELECT view_count FROM posts_post").fetchone()
        assert row
        return row[0]


@contextmanager
def served(environment: dict[str, str], token: str, log: IO[bytes] | None = None) -> Generator[Served]:
    """Its output goes to `log`."""
    port = free_port()
    address = {"GRANIAN_HOST": "127.0.0.1", "GRANIAN_PORT": str(port)}
    command = [sys.executable, str(ROOT / "manage.py"), "serve"]
    process = subprocess.Popen(command, env=environment | address, process_group=0, stdout=log, stderr=log)
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-Proto": "https"}
    try:
        wait_for_port(process, port)
        yield process, lambda: httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=30
        )
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its workers too
        process.wait()


def migrate(directory: Path, database: str, host: str | None = None) -> None:
    """And lets the role that serves the registry use it."""
    url = url_of(database, host=host)
    owner = production_environment(directory, url)
    assert finished(manage(owner, "migrate", "--verbosity", "0"))[::2] == (0, "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(ROLE)))
    assert finished(manage(owner, "grant_runtime_role", ROLE))[::2] == (0, "")


@contextmanager
def production_in(directory: Path, migrated: str) -> Generator[Production]:
    """On a copy of the database `migrated`."""
    with postgres_database(migrated) as name, production_on(directory, name) as production:
        yield production


@contextmanager
def production_on(directory: Path, name: str, host: str | None = None) -> Generator[Production]:
    """On the migrated database `name`."""
    with connected(name, host):
        token, post = set_up(registry_on_django(Configuration(secret_keys=(SECRET,), access_log_delay=0), name))
    with psycopg.connect(url_of(name, host=host), autocommit=True) as database:
        yield Production(production_environment(directory, url_of(name, ROLE, host)), database, token, post)


@contextmanager
def production_alone(directory: Path, host: str) -> Generator[Production]:
    """On the new PostgreSQL at `host`."""
    name = "registry"
    with psycopg.connect(host=host, user="postgres", autocommit=True) as database:
        database.execute("CREATE DATABASE registry")
    migrate(directory, name, host)
    with production_on(directory, name, host) as production:
        yield production


def set_up(registry: Container) -> tuple[str, str]:
    """The token of a clerk, and the id of a published post."""
    actor, email, password = Actor.system("setup"), "clerk@clinic.example", "correct horse battery"
    registry.create_user()(actor=actor, email=email, password=password, role="clerk")
    post = registry.write_post()(actor=actor, title="Read me", content="Again and again.")
    registry.publish_post()(actor=actor, post_id=post.id)
    return registry.sign_in()(email=email, password=password).access, str(post.id)


def production_environment(directory: Path, url: str) -> dict[str, str]:
    return environment_in(directory) | {
        "DJANGO_ENV": "production",
        "CACHE_URL": UNREACHABLE_CACHE,
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "127.0.0.1",
        "TRUSTED_PROXIES": "127.0.0.1",
        "DATABASE_URL": url,
        "PYTHONPATH": str(ROOT / "src"),
    }


def register(client: httpx.Client, **details: object) -> httpx.Response:
    patient = details | {"first_name": "Ada", "last_name": "Lovelace", "date_of_birth": "1985-12-10"}
    return client.post("/api/v1/patients/", json=patient | {"email": f"{uuid4()}@mail.example"})


def until(reached: Callable[[], object]) -> None:
    deadline = monotonic() + 30
    while not reached():
        assert monotonic() < deadline
        sleep(0.05)


def answers(client: httpx.Client) -> bool:
    with suppress(httpx.TransportError):
        return client.get("/health/live").is_success
    return False
