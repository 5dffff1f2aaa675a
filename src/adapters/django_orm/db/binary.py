"""Reads in PostgreSQL's binary format, which psycopg decodes in C. Django's own cursors read text, and decode
timestamps and JSON in Python."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias, cast

import orjson
import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format

Row: TypeAlias = dict[str, Any]  # the types depend on the schema
Rows: TypeAlias = QuerySet[models.Model, tuple[Any, ...]]


class _JsonbLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> object:
        return orjson.loads(memoryview(data)[1:])  # after the version of the format


psycopg.adapters.register_loader("jsonb", _JsonbLoader)


def binary_cursor(connection: BaseDatabaseWrapper) -> CursorWrapper:
    """A cursor of a PostgreSQL connection. Its errors and its log of queries are those of Django's cursors, but its
    values need no converters: UUIDs, timestamps in UTC and parsed JSON."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = cast("psycopg.Connection[Any]", connection.connection).cursor(binary=True)
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return wrap(cast("CursorWrapper", cursor))  # the stubs take no cursor of a driver


@cache
def columns_of_all(model: type[models.Model], columns: Sequence[str], database: str) -> Rows:
    """All rows, with these columns, to be filtered. Django needs longer to find the columns than to filter."""
    return model._base_manager.using(database).values_list(*columns)


def select(rows: Rows, columns: Sequence[str]) -> list[Row]:
    """Rows of `columns_of_all`. Columns are fields of the model whose values Django converts to no type of its own."""
    connection = connections[rows.db]
    if connection.vendor != "postgresql":
        return [dict(zip(columns, row, strict=True)) for row in rows]
    try:
        statement, parameters = rows.query.get_compiler(rows.db).as_sql()
    except EmptyResultSet:
        return []
    with binary_cursor(connection) as cursor:
        cursor.execute(statement, parameters)
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
