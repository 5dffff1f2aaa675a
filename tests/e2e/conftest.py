import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from attrs import frozen
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from adapters.cli.demo_data import upstream_records
from adapters.cli.simulator import UpstreamSimulator
from tests.databases import shared_database
from tests.postgres import locked
from tests.programs import free_port

if TYPE_CHECKING:
    from tests.e2e.production import Production

ROOT = Path(__file__).parents[2]
QUICK_PASSWORDS = {"DJANGO_SETTINGS_MODULE": "tests.e2e.quick_passwords", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
UNREACHABLE_CACHE = "redis://127.0.0.1:1/0"  # production works without it


@frozen
class Demo:
    """A `run` command that is ready to serve, and its output so far."""

    process: subprocess.Popen[str]
    printed: list[str]

    def named(self, name: str) -> str:
        return next(line.removeprefix(name).strip() for line in self.printed if line.startswith(name))

    @property
    def home(self) -> str:
        return self.named("The registry").rstrip("/")

    @property
    def upstream(self) -> str:
        return self.named("Upstream")


def environment_in(directory: Path) -> dict[str, str]:
    """The environment of a user, with its own database."""
    kept = {name: value for name, value in os.environ.items() if not re.match("DJANGO_|EXTERNAL_API_", name)}
    return kept | {"DATABASE_URL": f"sqlite:///{directory}/registry.sqlite3"}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return environment_in(tmp_path)


def manage(environment: dict[str, str], *arguments: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True
    )


def finished(process: subprocess.Popen[str], given: str | None = None) -> tuple[int, str, str]:
    """`given` is its standard input."""
    out, err = process.communicate(given, timeout=60)
    return process.returncode, out, err


def printed(*arguments: str) -> str:
    """The output of a command that runs in the test process."""
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a test run, whatever the process."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(directory: Path, make: Callable[[], object]) -> Path:
    """`directory`. The first process of a test run that needs it makes what belongs there."""
    directory.mkdir(exist_ok=True)
    made = directory / "made"
    with locked(directory):
        if not made.exists():
            make()
            made.touch()
    return directory


@pytest.fixture(scope="session")
def empty_database(shared: Path) -> Path:
    """A migrated SQLite database."""

    def migrate() -> None:
        assert finished(manage(environment_in(directory), "migrate", "--verbosity", "0")) == (0, "", "")

    directory = shared / "empty"
    return made_once(directory, migrate) / "registry.sqlite3"


@pytest.fixture
def migrated(environment: dict[str, str], empty_database: Path, tmp_path: Path) -> dict[str, str]:
    shutil.copy(empty_database, tmp_path)
    return environment


@pytest.fixture(scope="session")
def demo_database(empty_database: Path, shared: Path) -> Path:
    def load() -> None:
        shutil.copy(empty_database, directory)
        assert finished(manage(environment_in(directory) | QUICK_PASSWORDS, "load_demo"))[0] == 0

    directory = shared / "demo"
    return made_once(directory, load) / "registry.sqlite3"


@pytest.fixture
def loaded(environment: dict[str, str], demo_database: Path, tmp_path: Path) -> dict[str, str]:
    """With the demo data, so that `run` starts sooner."""
    shutil.copy(demo_database, tmp_path)
    return environment | QUICK_PASSWORDS


@pytest.fixture
def upstream() -> Generator[str]:
    """The URL of the demo upstream."""
    with UpstreamSimulator(0, upstream_records()) as simulator:
        Thread(target=simulator.serve_forever).start()
        yield simulator.url
        simulator.shutdown()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated PostgreSQL template database."""
    from tests.e2e.production import migrate

    return shared_database("migrated", partial(migrate, tmp_path_factory.mktemp("migrated")))


@pytest.fixture(scope="session")
def filled(migrated_postgres: str, django_db_blocker: DjangoDbBlocker) -> str:
    """The name of a PostgreSQL template database with patients that upstream knows."""
    from tests.e2e.jobs import fill

    with django_db_blocker.unblock():
        return shared_database("filled", fill, migrated_postgres)


@pytest.fixture(scope="session")
def production(
    migrated_postgres: str, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> "Generator[Production]":
    from tests.e2e.production import production_in

    directory = tmp_path_factory.mktemp("production")
    with django_db_blocker.unblock(), production_in(directory, migrated_postgres) as production:
        yield production


@contextmanager
def running(environment: dict[str, str], port: int, stderr: int = subprocess.PIPE) -> Generator[Demo]:
    """An unread `stderr` pipe blocks the server when it is full, after some hundred requests."""
    with manage(environment, "run", "--port", str(port), stderr=stderr) as process:
        assert process.stdout
        printed: list[str] = []
        try:
            for line in process.stdout:
                printed.append(line)
                if line.startswith("Stop with"):
                    break
            yield Demo(process, printed)
        finally:
            process.terminate()


@pytest.fixture
def port() -> int:
    return free_port()
