"""Each process logs the version that it starts."""

import json
import subprocess
import sys

import pytest

from core import __version__
from tests.e2e.conftest import ROOT, UNREACHABLE_CACHE

SETTINGS = {
    "DJANGO_ENV": "production",
    "CACHE_URL": UNREACHABLE_CACHE,
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "a secret of sixty characters, which is long enough for this one",
    "ALLOWED_HOSTS": "127.0.0.1",
}


@pytest.mark.parametrize(
    ("start", "event"),
    [
        ("from config.worker import application; application()", "server_started"),
        ("from config import celery; celery.signals.worker_ready.send(sender=None)", "worker_started"),
        ("from config import celery; celery.signals.beat_init.send(sender=None)", "beat_started"),
    ],
)
def test_a_process_logs_its_version_when_it_starts(environment: dict[str, str], start: str, event: str) -> None:
    command = [sys.executable, "-c", start]
    done = subprocess.run(
        command, cwd=ROOT / "src", env=environment | SETTINGS, capture_output=True, check=True, text=True, timeout=60
    )
    (line,) = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert (line["event"], line["version"]) == (event, __version__)
