"""How the server ends, as production serves it, while it is being used."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from time import sleep

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
