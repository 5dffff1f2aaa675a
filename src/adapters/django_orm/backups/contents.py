from django.db import connections

from core.errors import Conflict

_OF_AN_EMPTY_REGISTRY = {"django_migrations", "django_content_type", "auth_permission", "patients_changeepoch"}


def is_empty(database: str) -> bool:
    """Whether there is nothing that migrations did not create."""
    connection = connections[database]
    with connection.cursor() as cursor:
        for table in set(connection.introspection.table_names(cursor)) - _OF_AN_EMPTY_REGISTRY:
            cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")  # noqa: S608  # nosec B608
            if cursor.fetchone():
                return False
    return True


def require_empty(database: str) -> None:
    """Raises `Conflict`."""
    if not is_empty(database):
        raise Conflict("The database has data. Restore into an empty one, or replace everything.")
