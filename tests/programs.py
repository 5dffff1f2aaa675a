"""External programs and ports for tests."""

import os
import shutil
import socket
import subprocess
import time

import pytest


def program(name: str) -> str:
    """The path of the program. If it is missing, skips the test, or fails it in CI."""
    path = shutil.which(name)
    if path:
        return path
    reason = f"{name} is missing."
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def wait_for_port(process: "subprocess.Popen[bytes] | subprocess.Popen[str]", port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None, "The program ended before it listened."
            assert time.monotonic() < deadline, "The program did not listen in time."
            time.sleep(0.02)
