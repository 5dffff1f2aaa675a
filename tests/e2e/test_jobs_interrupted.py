"""What a job does when a process is stopped, the broker is gone or upstream dies."""

import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.e2e.brokers import rabbitmq, redis
from tests.e2e.jobs import PATIENTS, UPDATED, Registry, filled_registry, until
from tests.e2e.workers import Process, beat, running, server, worker
from tests.programs import free_port

LOADED_BUT_NOT_SERVING = """
import multiprocessing, signal, sys
from config.worker import application

def load():
    application()
    while True:
        signal.pause()

signal.signal(signal.SIGTERM, signal.SIG_IGN)
loader = multiprocessing.get_context("fork").Process(target=load)
loader.start()
loader.join()
sys.exit(loader.exitcode)
"""
COUNTS = {"unchanged": PATIENTS - UPDATED, "updated": UPDATED}
A_LONG_TIME = "600"  # seconds: nothing here waits for a lease to run out
AT_ONCE = 2.5  # seconds; a busy machine is late

Broker = Callable[[int, Path], AbstractContextManager[str]]
Started = Callable[[Registry], AbstractContextManager[Process]]


@pytest.fixture
def registry(filled: str, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Generator[Registry]:
    with django_db_blocker.unblock(), filled_registry(tmp_path, filled, latency=0) as registry:
        yield registry.given(JOB_LEASE=A_LONG_TIME, GRANIAN_WORKERS="1")


def goes_on_when_one_process_is_stopped(registry: Registry, start: Started) -> None:
    registry.switch(latency=2)
    job, _ = registry.start_job()
    with start(registry) as process:
        until(registry.leases)
        process.terminate()
        assert process.wait(60) == 0
    assert registry.leases() == set()
    assert registry.job(job)["state"] == "running"
    registry.switch(latency=0)
    with start(registry):
        assert registry.completed(job)["counts"] == COUNTS


def test_next_server_finishes_the_work_of_a_stopped_one(registry: Registry) -> None:
    goes_on_when_one_process_is_stopped(registry, server)


def test_server_stopped_before_it_serves_releases_its_work(registry: Registry) -> None:
    registry.switch(latency=2)
    registry.start_job()
    with running([sys.executable, "-c", LOADED_BUT_NOT_SERVING], registry.environment) as process:
        until(registry.leases)
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(60) == 0
    assert registry.leases() == set()


def test_next_worker_finishes_the_work_of_a_stopped_one(registry: Registry, tmp_path: Path) -> None:
    with redis(free_port(), tmp_path) as broker, beat(registry.using(broker), tmp_path):
        goes_on_when_one_process_is_stopped(registry.using(broker), worker)


@pytest.mark.parametrize("broker", [redis, rabbitmq])
def test_job_started_while_the_broker_is_down_runs_later(registry: Registry, tmp_path: Path, broker: Broker) -> None:
    port = free_port()
    with ExitStack() as programs:
        with broker(port, tmp_path) as url:
            registry = registry.using(url)
            programs.enter_context(beat(registry, tmp_path))
            programs.enter_context(worker(registry))
            registry.completed(registry.start_job()[0])
        job, seconds = registry.start_job()
        assert seconds < AT_ONCE
        assert registry.job(job)["state"] == "queued"
        with broker(port, tmp_path):
            assert registry.completed(job)["counts"] == {"unchanged": PATIENTS}


def test_job_pauses_while_upstream_is_down_and_resumes(registry: Registry) -> None:
    registry.switch(latency=0.1)
    job, _ = registry.start_job()
    with server(registry):
        until(registry.leases)
        registry.switch(outage=True)
        until(lambda: registry.job(job)["state"] == "paused")
        paused = registry.job(job)
        assert paused["reason"]
        assert paused["resume_at"] > paused["started_at"]
        assert paused["counts"].keys() <= COUNTS.keys()
        registry.switch(outage=False, latency=0)
        done = registry.completed(job)
    assert (done["counts"], done["reason"]) == (COUNTS, "")
    assert registry.outcomes(job) == {f"x{n}": 1 for n in range(PATIENTS)}
