"""The programs that do a registry's jobs."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from tests.e2e.conftest import ROOT
from tests.e2e.jobs import Registry
from tests.programs import free_port

Process = subprocess.Popen[bytes]
LOG = subprocess.DEVNULL if "JOBS_LOG" not in os.environ else Path(os.environ["JOBS_LOG"]).open("a")  # noqa: SIM115


@contextmanager
def running(command: list[str], environment: dict[str, str], log: IO[bytes] | None = None) -> Generator[Process]:
    """In a process group of its own, of which nothing is left at the end. All its output goes to `log`, if there is."""
    out, err = (log, log) if log else (subprocess.DEVNULL, LOG)
    process = subprocess.Popen(command, env=environment, process_group=0, stdout=out, stderr=err)
    try:
        yield process
    finally:
        kill(process)


def kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def server(registry: Registry) -> Generator[Process]:
    address = {"GRANIAN_HOST": "127.0.0.1", "GRANIAN_PORT": str(free_port())}
    with running([sys.executable, str(ROOT / "manage.py"), "serve"], registry.environment | address) as process:
        yield process


@contextmanager
def worker(registry: Registry) -> Generator[Process]:
    options = ["worker", "--concurrency", "2", "--without-mingle", "--without-gossip"]
    with running([sys.executable, "-m", "celery", "-A", "config.celery", *options], registry.environment) as process:
        yield process


@contextmanager
def beat(registry: Registry, directory: Path) -> Generator[Process]:
    options = ["beat", "--schedule", str(directory / "schedule")]
    with running([sys.executable, "-m", "celery", "-A", "config.celery", *options], registry.environment) as process:
        yield process
