"""How the server ends, as production serves it: on PostgreSQL, with worker processes, while it is being used."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from uuid import uuid4

import httpx
import psycopg
import pytest
from attrs import frozen
from django.conf import settings

from tests.e2e.conftest import ROOT, environment_in, finished, manage
from tests.programs import free_port, wait_for_port

SETUP = """
from bootstrap import django_registry
from core.access import Actor

registry, actor = django_registry(), Actor.system("setup")
registry.create_user()(actor=actor, email="clerk@clinic.example", password="correct horse battery", role="clerk")
post = registry.write_post()(actor=actor, title="Read me", content="Again and again.")
registry.publish_post()(actor=actor, post_id=post.id)
print(registry.sign_in()(email="clerk@clinic.example", password="correct horse battery").access, post.id)
"""
CLIENTS = 8


@frozen
class Production:
    """A database that is set up, and how to serve it."""

    environment: dict[str, str]
    database: psycopg.Connection[tuple[object]]
    token: str
    post: str

    @contextmanager
    def served(self) -> Generator[tuple["subprocess.Popen[bytes]", Callable[[], httpx.Client]]]:
        """The server's process, and how to become one of its clients."""
        port = free_port()
        address = {"GRANIAN_HOST": "127.0.0.1", "GRANIAN_PORT": str(port)}
        command = [sys.executable, str(ROOT / "manage.py"), "serve"]
        process = subprocess.Popen(command, env=self.environment | address, process_group=0)
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


@pytest.fixture(scope="module")
def production(postgres_server: None, tmp_path_factory: pytest.TempPathFactory) -> Generator[Production]:
    host, name = settings.DATABASES["postgres"]["HOST"], f"stopping_{uuid4().hex}"
    url = f"postgres://postgres@/{name}?host={host}"
    environment = environment_in(tmp_path_factory.mktemp("production")) | {
        "DJANGO_ENV": "production",
        "SECRET_KEY": "a secret of sixty characters, which is long enough for this one",
        "ALLOWED_HOSTS": "127.0.0.1",
        "TRUSTED_PROXIES": "127.0.0.1",
        "DATABASE_URL": url,
        "PYTHONPATH": str(ROOT / "src"),
    }
    with psycopg.connect(host=host, user="postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")  # pyright: ignore[reportArgumentType, reportCallIssue]
        assert finished(manage(environment, "migrate", "--verbosity", "0"))[::2] == (0, "")
        done = subprocess.run(
            [sys.executable, "-c", SETUP], env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=60
        )
        token, post = done.stdout.split()
        with psycopg.connect(host=host, user="postgres", dbname=name, autocommit=True) as database:
            yield Production(environment, database, token, post)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")  # pyright: ignore[reportArgumentType, reportCallIssue]


def register(client: httpx.Client) -> httpx.Response:
    patient = {"first_name": "Ada", "last_name": "Lovelace", "date_of_birth": "1985-12-10"}
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


def test_requests_in_flight_are_answered_before_the_server_ends(production: Production) -> None:
    views, kept = production.views(), production.kept()
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with production.served() as (process, client), ThreadPoolExecutor() as pool, client() as one, client() as other:
        with psycopg.connect(production.database.info.dsn) as blocker:
            blocker.execute("LOCK TABLE patients_patient, posts_post")
            registering = pool.submit(register, one)
            reading = pool.submit(other.get, f"/api/v1/posts/{production.post}/")
            until(lambda: production.database.execute(waiting).fetchone() == (2,))
            process.terminate()
            with client() as late:
                until(lambda: not answers(late))
        assert (registering.result().status_code, reading.result().status_code) == (201, 200)
        assert process.wait(30) == 0
    assert production.kept() - kept == {registering.result().json()["id"]}
    assert production.views() == int(str(views)) + 1


def test_what_was_answered_under_load_is_kept_and_nothing_else(production: Production) -> None:
    views, kept = int(str(production.views())), production.kept()
    warm = Event()

    def use(client: httpx.Client) -> Iterator[httpx.Response]:
        """What was answered before the server closed its connections."""
        with client:
            try:
                while True:
                    yield register(client)
                    yield client.get(f"/api/v1/posts/{production.post}/")
                    warm.set()
            except httpx.TransportError:
                return

    with production.served() as (process, client), ThreadPoolExecutor(CLIENTS) as pool:
        clients: list[Future[list[httpx.Response]]] = [pool.submit(list, use(client())) for _ in range(CLIENTS)]
        assert warm.wait(30)
        sleep(0.3)
        process.terminate()
        answers = [answer for used in clients for answer in used.result()]
        assert process.wait(30) == 0
    assert {answer.status_code for answer in answers} == {200, 201}
    assert production.kept() - kept == {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert production.views() == views + sum(answer.status_code == 200 for answer in answers)


def test_workers_that_are_killed_are_replaced(production: Production) -> None:
    with production.served() as (process, client), client() as one:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        for worker in children.read_text().split():
            os.kill(int(worker), signal.SIGKILL)
        until(lambda: answers(one))
        assert register(one).status_code == 201
