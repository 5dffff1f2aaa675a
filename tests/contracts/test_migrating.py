import pytest
from django.core.management import call_command
from django.db import connections
from django.db.models.signals import pre_migrate

from tests.contracts.conftest import POSTGRES


def timeouts(database: str) -> tuple[str, ...]:
    """The statement timeout and the lock timeout."""
    with connections[database].cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        return cursor.fetchone()


@pytest.mark.parametrize("database", [POSTGRES])
def test_a_migration_has_no_statement_timeout_but_the_usual_lock_timeout(database: str) -> None:
    meanwhile = set[tuple[str, ...]]()

    def look(using: str, **_signal: object) -> None:
        meanwhile.add(timeouts(using))

    pre_migrate.connect(look)
    try:
        call_command("migrate", "patients", database=database, verbosity=0)
    finally:
        pre_migrate.disconnect(look)
    assert meanwhile == {("0", "3s")}
    assert timeouts(database) == ("15s", "3s")
