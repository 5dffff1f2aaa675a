from collections.abc import Generator
from contextlib import contextmanager

from django.db import connections, transaction


@contextmanager
def lock_timeout(milliseconds: int, database: str) -> Generator[None]:
    """A statement inside fails when it waits longer than this for a lock."""
    connection = connections[database]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout")
            (default,) = cursor.fetchone()
            cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")
            try:
                yield
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {default}")
        else:
            with transaction.atomic(using=database):
                cursor.execute(f"SET LOCAL lock_timeout = {milliseconds}")
                yield
