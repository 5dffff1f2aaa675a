from collections.abc import Callable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import InterfaceError, NotSupportedError, OperationalError, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from adapters.django_orm.db.binary import Row, binary_cursor


@cache
def compiled_get(model: type[models.Model], columns: Sequence[str], database: str) -> Callable[[UUID], Row | None]:
    """Reads one row by its primary key, None if there is none.

    The query is compiled once, because Django needs longer to build it than PostgreSQL needs to run it. If an idle
    connection was broken, the query is retried on a new one: every authenticated request begins with such a look-up,
    so that connections need no health check.
    """
    key = model._meta.pk
    assert key is not None
    query = model._base_manager.using(database).filter(pk=UUID(int=0)).values_list(*columns).query
    compiler = query.get_compiler(database)
    sql, _ = compiler.as_sql()
    binary = connections[database].vendor == "postgresql"
    converters = {} if binary else compiler.get_converters([expression for expression, _, _ in compiler.select])

    def run(connection: BaseDatabaseWrapper, row_id: UUID) -> tuple[Any, ...] | None:
        with binary_cursor(connection) if binary else connection.cursor() as cursor:
            cursor.execute(sql, [key.get_db_prep_value(row_id, connection)])
            return cursor.fetchone()

    def find(row_id: UUID) -> Row | None:
        connection = connections[database]
        was_connected = connection.connection is not None
        try:
            found = run(connection, row_id)
        except (OperationalError, InterfaceError, NotSupportedError) as error:
            connection.close_if_unusable_or_obsolete()  # does nothing inside a transaction
            if isinstance(error, NotSupportedError) and not connection.in_atomic_block:
                connection.close()  # its prepared statements do not match the table any more
            if not was_connected or connection.connection is not None:
                raise
            found = run(connection, row_id)
        if found is None:
            return None
        values = list(found)
        for position, (column_converters, expression) in converters.items():
            for converter in column_converters:
                values[position] = converter(values[position], expression, connection)
        return dict(zip(columns, values, strict=True))

    return find
