"""A job whose workers are killed again and again. `KILLS` and `JOB_PATIENTS` make it a longer one."""

import os
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from pathlib import Path
from random import uniform
from time import monotonic, sleep

import pytest
from pytest_django import DjangoDbBlocker

from tests.e2e.brokers import rabbitmq, redis
from tests.e2e.jobs import CHANGED, PATIENTS, Registry, filled_registry, until
from tests.e2e.workers import Process, beat, kill, server, worker
from tests.programs import free_port

KILLS = int(os.environ.get("KILLS", "1"))
BROKERS = [redis, rabbitmq] if KILLS > 1 else [redis]  # leases are in the database, whatever the broker
LATENCY = 0.1  # seconds: a chunk takes half a second or more
MAX_LIFETIME = 0.7  # seconds, from when a process has begun to work

Started = Callable[[Registry], AbstractContextManager[Process]]

pytestmark = pytest.mark.soak


@pytest.fixture
def registry(filled: str, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Generator[Registry]:
    with django_db_blocker.unblock(), filled_registry(tmp_path, filled, LATENCY) as registry:
        yield registry.given(GRANIAN_WORKERS="1")


def killed_while_it_works(registry: Registry, job: str, start: Started) -> bool:
    """Whether it was in the middle of a chunk."""
    before = registry.leases()
    with start(registry) as process:
        until(lambda: registry.leases() - before)
        sleep(uniform(0, MAX_LIFETIME))
        kill(process)
        assert registry.job(job)["state"] == "running"
        return bool(registry.leases() - before)


def survives(registry: Registry, start: Started, kills: int) -> None:
    job, _ = registry.start_job()
    started = monotonic()
    amid = sum(killed_while_it_works(registry, job, start) for _ in range(kills))
    with start(registry) as process:
        done = registry.completed(job)
        process.terminate()
        assert process.wait(60) == 0
    print(f"{kills} kills, {amid} in the middle of a chunk; {monotonic() - started:.0f} s")
    changed = {f"x{n}" for n in range(0, PATIENTS, CHANGED)}
    assert done["counts"] == {"unchanged": PATIENTS - len(changed), "updated": len(changed)}
    assert done["total"] == PATIENTS
    assert registry.outcomes(job) == {f"x{n}": 1 for n in range(PATIENTS)}
    assert registry.syncs() == dict.fromkeys(changed, 1)


def test_job_survives_killed_servers(registry: Registry) -> None:
    survives(registry, server, KILLS)


@pytest.mark.parametrize("broker", BROKERS)
def test_job_survives_killed_workers(
    registry: Registry, tmp_path: Path, broker: Callable[[int, Path], AbstractContextManager[str]]
) -> None:
    with broker(free_port(), tmp_path) as url, beat(registry.using(url), tmp_path):
        survives(registry.using(url), worker, KILLS if broker is redis else min(KILLS, 3))
