"""How the server ends, as production serves it, while it is being used."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep

import httpx
import psycopg

from tests.e2e.production import Production, answers, register, until

CLIENTS = 8


def test_requests_in_flight_are_answered_before_the_server_ends(production: Production) -> None:
    views, kept = production.views(), production.kept()
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with (
        production.served(GRANIAN_WORKERS="1") as (process, client),
        ThreadPoolExecutor() as pool,
        client() as one,
        client() as other,
    ):
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


def test_acknowledged_writes_under_load_are_kept_and_no_others(production: Production) -> None:
    views, kept, accesses = int(str(production.views())), production.kept(), production.accesses()
    warm = Event()

    def use(client: httpx.Client) -> Iterator[httpx.Response]:
        """What was answered before the server closed its connections."""
        with client:
            try:
                while True:
                    registered = register(client)
                    yield registered
                    yield client.get(f"/api/v1/patients/{registered.json()['id']}/")
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
    reads = [answer for answer in answers if answer.status_code == 200]
    assert production.views() == views + sum("/posts/" in answer.url.path for answer in reads)
    seen = {answer.headers["X-Request-ID"] for answer in reads if "/patients/" in answer.url.path}
    assert seen == production.accesses() - accesses


def test_a_killed_server_loses_at_most_the_last_second_of_the_access_log(production: Production) -> None:
    answered: dict[str, float] = {}
    with production.served(GRANIAN_WORKERS="1") as (process, client), client() as reader:
        path = f"/api/v1/patients/{register(reader).json()['id']}/"
        started = monotonic()
        while monotonic() - started < 2:
            request_id = reader.get(path).headers["X-Request-ID"]
            answered[request_id] = monotonic()
        os.killpg(process.pid, signal.SIGKILL)
        killed = monotonic()
    stored = production.accesses()
    lost = [at for request_id, at in answered.items() if request_id not in stored]
    assert all(killed - at < 1 for at in lost)
    assert len(lost) < len(answered)
