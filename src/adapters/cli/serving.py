"""Starting the server, and the demo upstream beside it."""

import os
import signal
import socket
import subprocess  # nosec B404
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Thread
from time import monotonic

from django.core.management.base import CommandError

from adapters.cli.demo_data import upstream_records
from adapters.cli.simulator import HOST, UpstreamSimulator

SOURCES = Path(__file__).parents[2]
UPSTREAM_PORT = 9000
START_TIMEOUT = 60  # seconds
STOP_TIMEOUT = 10  # seconds
SERVER_DEFAULTS = {
    "GRANIAN_INTERFACE": "wsgi",
    "GRANIAN_FACTORY": "true",
    "GRANIAN_WORKERS": "2",
    "GRANIAN_BLOCKING_THREADS": "8",
    "GRANIAN_RESPAWN_FAILED_WORKERS": "true",
    "GRANIAN_WORKERS_KILL_TIMEOUT": "25",  # seconds: longer than the longest request
    "GRANIAN_LOG_LEVEL": "error",
}


def server_command(environment: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """The server's command and environment. `environment` overrides the defaults, except that HTTP/2 is never served:
    threads would wait forever for the bodies of abandoned streams."""
    paths = os.pathsep.join(filter(None, [str(SOURCES), environment.get("PYTHONPATH")]))
    command = [sys.executable, "-P", "-m", "config.server", "config.worker:application"]
    return command, {**SERVER_DEFAULTS, **environment, "PYTHONPATH": paths, "GRANIAN_HTTP": "1"}


def stop_on_signals() -> None:
    """Makes SIGTERM and SIGINT raise `KeyboardInterrupt`, even in a process that a shell started in the background."""
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, signal.default_int_handler)


def ensure_port_free(port: int) -> None:
    try:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((HOST, port))
    except (OSError, OverflowError) as error:
        raise CommandError(
            f"Port {port} cannot be used ({error}). Choose another one with --port, or: make run PORT=8001"
        ) from None


@contextmanager
def demo_upstream() -> Generator[str]:
    """Serves the demo upstream in this process, on a free port if `UPSTREAM_PORT` is in use, and yields its URL."""
    records = upstream_records()
    try:
        simulator = UpstreamSimulator(UPSTREAM_PORT, records)
    except OSError:
        simulator = UpstreamSimulator(0, records)
    with simulator:
        Thread(target=simulator.serve_forever, daemon=True).start()
        try:
            yield simulator.url
        finally:
            simulator.shutdown()


@contextmanager
def server(port: int, environment: Mapping[str, str]) -> Generator[subprocess.Popen[bytes]]:
    """Runs the registry as a child process and stops it at the end. Its own process group keeps Ctrl-C from it."""
    demo = {
        "GRANIAN_HOST": HOST,
        "GRANIAN_PORT": str(port),
        "GRANIAN_WORKERS": "1",
        "GRANIAN_RESPAWN_FAILED_WORKERS": "false",
        "GRANIAN_WORKERS_KILL_TIMEOUT": "5",
    }
    command, variables = server_command({**os.environ, **environment, **demo})
    process = subprocess.Popen(command, env=variables, process_group=0)  # noqa: S603  # nosec B603
    try:
        yield process
    finally:
        _stop(process)


def wait_until_live(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = monotonic() + START_TIMEOUT
    while monotonic() < deadline:
        if _is_live(port):
            return
        with suppress(subprocess.TimeoutExpired):
            raise CommandError(f"The server did not start. Its exit code is {process.wait(timeout=0.1)}.")
    raise CommandError(f"The server did not respond within {START_TIMEOUT} seconds.")


def _is_live(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/health/live")
        return bool(connection.getresponse().status)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, signal.SIG_IGN)  # the second Ctrl-C must not leave the server behind
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # the rest of its group
    process.wait()
