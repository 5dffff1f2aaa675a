from collections.abc import Generator
from contextlib import contextmanager

from django.db import connections, transaction


@contextmanager
def waiting_for_locks(milliseconds: int, database: str) -> Generator[None]:
    """What is written inside fails when somebody else holds what it needs for longer than this."""
    connection = connections[database]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout")
            (usual,) = cursor.fetchone()
            cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")
            try:
                yield
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {usual}")
        else:
            with transaction.atomic(using=database):
                cursor.execute(f"SET LOCAL lock_timeout = {milliseconds}")
                yield
