import gc
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import postgres_in

settings.register_profile(
    "suite", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.register_profile("soak", settings.get_profile("suite"), max_examples=500)
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--registry",
        metavar="MODULE:FUNCTION",
        help="run the contract tests of the ports that this registry overrides, on it alone; "
        "the function returns a new and empty registry",
    )


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One per core, and one more for `auto`: tests that start processes mostly wait."""
    cores = os.cpu_count() or 1
    return cores + 1 if config.option.numprocesses == "auto" else cores


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs the longest tests first, so that no worker is left with one at the end."""
    longest = ("tests/e2e/test_jobs", "tests/browser/", "tests/e2e/", "tests/external/")
    items.sort(key=lambda item: [not item.nodeid.startswith(path) for path in longest])


def pytest_collection(session: pytest.Session) -> None:
    """Nothing that is collected becomes garbage: collecting thousands of tests takes a third less time like this."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def postgres_server() -> Generator[None]:
    """Shared by all processes of a test run."""
    from django.conf import settings as django_settings

    with postgres_in(Path(django_settings.DATABASES["postgres"]["HOST"])):
        yield


@pytest.fixture(scope="session")
def quick_flush() -> Generator[None]:
    from django.core.management.commands.flush import Command

    from tests.databases import flush

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Command, "handle", flush)
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    postgres_server: None, quick_flush: None, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Starts PostgreSQL before the test databases are created."""
