from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import postgres_in

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("suite")


@pytest.fixture(scope="session")
def postgres_server() -> Generator[None]:
    """Shared by the processes of one run."""
    from django.conf import settings as django_settings

    with postgres_in(Path(django_settings.DATABASES["postgres"]["HOST"])):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres_server: None, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """PostgreSQL runs before the test databases are made."""
