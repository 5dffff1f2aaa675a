"""The PostgreSQL of the tests."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.e2e.production import until
from tests.postgres import ROOT

PROGRAM = """
import sys
from pathlib import Path
from tests.postgres import postgres_in

with postgres_in(Path(sys.argv[1])):
    print("running", flush=True)
    sys.stdin.read()
"""


def is_running(pid: int) -> bool:
    """A zombie, which has ended but was not waited for, is not running."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


def test_postgresql_ends_when_its_user_process_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "scratch" / "postgres"
    command = [sys.executable, "-c", PROGRAM, str(data)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as user:
        assert user.stdout
        assert user.stdout.readline()
        server = int((data / "postmaster.pid").read_text().splitlines()[0])
        user.kill()
        until(lambda: not is_running(server))
        until(lambda: not data.parent.exists())
