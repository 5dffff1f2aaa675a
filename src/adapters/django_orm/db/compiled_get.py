from collections.abc import Callable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import InterfaceError, NotSupportedError, OperationalError, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

Row = dict[str, Any]  # what a row holds, the schema says


@cache
def compiled_get(model: type[models.Model], columns: Sequence[str], database: str) -> Callable[[UUID], Row | None]:
    """Reads one row by its primary key, None if there is none.

    The query is compiled once: Django takes longer to put one together than PostgreSQL takes to answer it. It is run
    again if the connection broke while nobody used it. Every request of a signed-in user begins with a look-up, so that
    no request has to ask first whether its connection is alive.
    """
    key = model._meta.pk
    assert key is not None
    query = model._base_manager.using(database).filter(pk=UUID(int=0)).values_list(*columns).query
    compiler = query.get_compiler(database)
    sql, _ = compiler.as_sql()
    converters = compiler.get_converters([expression for expression, _, _ in compiler.select])

    def run(connection: BaseDatabaseWrapper, row_id: UUID) -> tuple[Any, ...] | None:
        with connection.cursor() as cursor:
            cursor.execute(sql, [key.get_db_prep_value(row_id, connection)])
            return cursor.fetchone()

    def find(row_id: UUID) -> Row | None:
        connection = connections[database]
        was_connected = connection.connection is not None
        try:
            found = run(connection, row_id)
        except (OperationalError, InterfaceError, NotSupportedError) as error:
            connection.close_if_unusable_or_obsolete()  # closes what broke, and nothing inside a transaction
            if isinstance(error, NotSupportedError) and not connection.in_atomic_block:
                connection.close()  # what was prepared in it does not fit the table any more
            if not was_connected or connection.connection is not None:
                raise
            found = run(connection, row_id)
        if found is None:
            return None
        values = list(found)
        for position, (convert, expression) in converters.items():
            for one in convert:
                values[position] = one(values[position], expression, connection)
        return dict(zip(columns, values, strict=True))

    return find
