"""Migrations run without a statement timeout, because rewriting a large table takes time. The lock timeout stays:
requests that need the same table queue behind a migration that waits for a lock."""

from django.db import connections


def lift_statement_timeout(using: str, **_signal: object) -> None:
    _execute("SET statement_timeout = 0", using)


def restore_statement_timeout(using: str, **_signal: object) -> None:
    _execute("RESET statement_timeout", using)


def _execute(statement: str, using: str) -> None:
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement)
