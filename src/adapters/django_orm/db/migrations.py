"""A migration may rewrite a big table, and takes as long as that takes. It waits for a lock as briefly as a request
does: whoever asks for the same table queues behind it."""

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
