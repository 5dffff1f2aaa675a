"""The programs of PostgreSQL."""

import os
import re
import shutil
import subprocess  # nosec B404 (programs of PostgreSQL, without a shell)

from django.db import connections
from psycopg import pq
from psycopg.conninfo import make_conninfo

from core.errors import Unavailable

_NOT_PASSED = {"password", "sslpassword", "options"}  # the options limit the time of statements
_VERSION = re.compile(r"\(PostgreSQL\) ([0-9]+)")
_MAX_ERROR_LENGTH = 300


def run(program: str, database: str, *arguments: str) -> None:
    """Connects it as Django does. The password is not among the arguments, which other users of the host can see.

    Raises `Unavailable` if it is missing, too old or fails.
    """
    path = _find(program, _server_version(database))
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    given = {name: value for name, value in connections[database].get_connection_params().items() if name in known}
    target = make_conninfo(**{name: value for name, value in given.items() if name not in _NOT_PASSED})
    secret = {"PGPASSWORD": str(given["password"])} if "password" in given else {}
    command = [path, "--no-password", f"--dbname={target}", *arguments]
    done = subprocess.run(  # noqa: S603  # nosec B603
        command, env=os.environ | secret, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise Unavailable(f"{program} failed. {_reason(done.stderr)}")


def _server_version(database: str) -> int:
    with connections[database].cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def _find(program: str, server: int) -> str:
    """An older program might leave something out."""
    path = shutil.which(program)
    if path is None:
        raise Unavailable(f"{program} is not in PATH. Install the client programs of PostgreSQL {server} or newer.")
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603  # nosec B603
    found = _VERSION.search(done.stdout)
    if not found or int(found[1]) < server:
        raise Unavailable(f"{path} is older than the server. It must be of PostgreSQL {server} or newer.")
    return path


def _reason(output: str) -> str:
    """The first error, without the details below it, which can have values of rows."""
    lines = [line for line in output.splitlines() if "error" in line.lower()]
    return lines[0][:_MAX_ERROR_LENGTH] if lines else ""
