from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256

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


def lock_key(key: str, database: str) -> None:
    """Waits for every other transaction that has locked the same key, and keeps it until this one ends. On SQLite,
    every write transaction waits for the others."""
    connection = connections[database]
    if connection.vendor == "postgresql":
        number = int.from_bytes(sha256(key.encode()).digest()[:8], signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
