from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, cast

from django.db import connections, models
from psycopg import Cursor, sql
from psycopg.types.json import Jsonb

_MAX_INSERT_ROWS = 5
Column: TypeAlias = "models.Field[Any, Any]"  # the type of the value depends on the schema


def bulk_insert(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[object]], database: str
) -> None:
    """Inserts rows whose values are in the order of the field `names`. On PostgreSQL, more than a few rows are inserted
    with COPY, which takes a tenth of the time of `bulk_create`."""
    fields = [cast("Column", model._meta.get_field(name)) for name in names]
    values = list(rows)
    if connections[database].vendor == "postgresql" and len(values) > _MAX_INSERT_ROWS:
        _copy(model, fields, values, database)
    else:
        attributes = [field.attname for field in fields]
        model._base_manager.using(database).bulk_create(
            model(**dict(zip(attributes, row, strict=True))) for row in values
        )


def _copy(model: type[models.Model], fields: Sequence[Column], rows: Sequence[Sequence[object]], database: str) -> None:
    connection = connections[database]
    columns = [sql.Identifier(str(field.column)) for field in fields]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(columns)
    )
    json = [number for number, field in enumerate(fields) if isinstance(field, models.JSONField)]
    with (
        connection.wrap_database_errors,  # Django wraps the errors of `execute`, but not of `copy`
        connection.cursor() as cursor,
        cast("Cursor[object]", cursor).copy(statement) as copy,
    ):
        for row in rows:
            values = list(row)
            for number in json:
                values[number] = Jsonb(values[number])
            copy.write_row(values)
