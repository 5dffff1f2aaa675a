from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from attrs import frozen
from django.db import connections, models
from django.db.backends.utils import CursorWrapper

_FUNCTION = """
    CREATE OR REPLACE FUNCTION refuse_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND TG_NARGS = 1 THEN
            IF to_jsonb(OLD) -> TG_ARGV[0] = 'null' AND to_jsonb(OLD) - TG_ARGV[0] = to_jsonb(NEW) - TG_ARGV[0] THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END $$
"""


_TRIGGERS = """
    SELECT relname, tgtype, tgargs FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE proname = 'refuse_append_only' AND relnamespace = current_schema()::regnamespace
    ORDER BY relname
"""
_ON_DELETE, _ON_UPDATE = 8, 16  # bits of pg_trigger.tgtype


@frozen
class Protection:
    """`assigned_once` is a column that may be set while it is null."""

    assigned_once: str
    deletable: bool


def protections(cursor: CursorWrapper) -> dict[str, Protection]:
    """The append-only tables of a PostgreSQL database, by name."""
    cursor.execute(_TRIGGERS)
    found: dict[str, Protection] = {}
    for table, triggers in groupby(cursor.fetchall(), key=itemgetter(0)):
        arguments = {event: bytes(given).rstrip(b"\0").decode() for _, event, given in triggers}
        column = next(column for event, column in arguments.items() if event & _ON_UPDATE)
        found[table] = Protection(column, deletable=not any(event & _ON_DELETE for event in arguments))
    return found


def refuse_changes(model: type[models.Model], using: str, *, assigned_once: str = "", deletable: bool = False) -> None:
    """Creates triggers that refuse to change or delete rows of the table, if it exists. `assigned_once` is a column
    that may be set while it is null.

    Called after each migration, because SQLite loses the triggers of a table that a migration rebuilds.
    """
    connection, table = connections[using], model._meta.db_table
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return
        if connection.vendor == "postgresql":
            _protect_in_postgresql(cursor, table, assigned_once, deletable=deletable)
        else:
            columns = [str(field.column) for field in model._meta.concrete_fields if field.column != assigned_once]
            _protect_in_sqlite(cursor, table, columns, assigned_once, deletable=deletable)


def _protect_in_postgresql(cursor: CursorWrapper, table: str, assigned_once: str, *, deletable: bool) -> None:
    """Leaves existing triggers alone: replacing one would wait for every transaction that uses the table."""
    cursor.execute(_FUNCTION)
    cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass", [table])
    existing = {name for (name,) in cursor.fetchall()}
    triggers = {f"{table}_changed": ("UPDATE", f"FOR EACH ROW EXECUTE FUNCTION refuse_append_only({assigned_once})")}
    if not deletable:
        triggers[f"{table}_deleted"] = ("DELETE", "FOR EACH ROW EXECUTE FUNCTION refuse_append_only()")
        triggers[f"{table}_emptied"] = ("TRUNCATE", "FOR EACH STATEMENT EXECUTE FUNCTION refuse_append_only()")
    for name, (event, action) in triggers.items():
        if name not in existing:
            cursor.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} {action}")


def _protect_in_sqlite(
    cursor: CursorWrapper, table: str, columns: Sequence[str], assigned_once: str, *, deletable: bool
) -> None:
    triggers = {f"{table}_changed": f"BEFORE UPDATE OF {', '.join(columns)} ON {table}"}
    if assigned_once:
        condition = f"WHEN OLD.{assigned_once} IS NOT NULL"
        triggers[f"{table}_reassigned"] = f"BEFORE UPDATE OF {assigned_once} ON {table} {condition}"
    if not deletable:
        triggers[f"{table}_deleted"] = f"BEFORE DELETE ON {table}"
    for name, event in triggers.items():
        cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(f"CREATE TRIGGER {name} {event} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")
