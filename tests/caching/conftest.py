import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.cache import caches
from django.test import override_settings

from config.settings.caches import cache
from tests.programs import free_port, program, wait_for_port


@contextmanager
def running_redis(port: int, directory: Path) -> "Generator[subprocess.Popen[bytes]]":
    """One that listens on loopback and keeps nothing."""
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(directory)]
    with subprocess.Popen([program("redis-server"), *options], stdout=sys.stderr) as process:
        try:
            wait_for_port(process, port)
            yield process
        finally:
            process.kill()


@contextmanager
def using(url: str) -> Generator[None]:
    """Django's cache is the one at `url`, empty."""
    with override_settings(CACHES={"default": cache(url)}):
        try:
            yield
        finally:
            caches["default"].close()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    port = free_port()
    with running_redis(port, tmp_path_factory.mktemp("redis")):
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(params=["", "redis"], ids=["in process", "redis"])
def url(request: pytest.FixtureRequest) -> Generator[str]:
    """Where Django's cache is, for the length of the test."""
    url = request.getfixturevalue("redis_url") if request.param else ""
    with using(url):
        caches["default"].clear()
        yield url
        caches["default"].clear()
