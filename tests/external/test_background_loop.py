import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src"
NO_ROOM = """
import threading
from adapters.external.transport.background_loop import loop, run

async def work():
    return 1

threading.stack_size(1 << 46)
try:
    loop()
except RuntimeError:
    threading.stack_size(0)
    print(run(work()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere the stack of a thread is limited in other ways.")
def test_loop_starts_after_an_earlier_thread_start_failed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM], cwd=SOURCES, capture_output=True, check=True, text=True, timeout=30
    )
    assert (done.stdout, done.stderr) == ("1\n", "")
