"""Writing many rows at once."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, cast

from django.db import connections, models
from psycopg import Cursor, sql
from psycopg.types.json import Jsonb

_FEW = 5
Column: TypeAlias = "models.Field[Any, Any]"  # what a column holds, the schema says


def bulk_insert(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[object]], database: str
) -> None:
    """Writes rows of `model`, their values in the order of the fields' `names`: many of them by COPY where the database
    has it, in a tenth of the time that an instance of the model for each takes."""
    fields = [cast("Column", model._meta.get_field(name)) for name in names]
    held = list(rows)
    if connections[database].vendor == "postgresql" and len(held) > _FEW:
        _copy(model, fields, held, database)
    else:
        attributes = [field.attname for field in fields]
        model._base_manager.using(database).bulk_create(
            model(**dict(zip(attributes, row, strict=True))) for row in held
        )


def _copy(model: type[models.Model], fields: Sequence[Column], rows: Sequence[Sequence[object]], database: str) -> None:
    connection = connections[database]
    columns = [sql.Identifier(str(field.column)) for field in fields]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(columns)
    )
    json = [number for number, field in enumerate(fields) if isinstance(field, models.JSONField)]
    with (
        connection.wrap_database_errors,  # which Django does for `execute`, and not for `copy`
        connection.cursor() as cursor,
        cast("Cursor[object]", cursor).copy(statement) as copy,
    ):
        for row in rows:
            values = list(row)
            for number in json:
                values[number] = Jsonb(values[number])
            copy.write_row(values)
