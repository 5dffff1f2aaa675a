from django.db import connections, models

_FUNCTION = """
    CREATE OR REPLACE FUNCTION refuse_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END $$
"""


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
            cursor.execute(_FUNCTION)
        columns = [str(field.column) for field in model._meta.concrete_fields if field.column != assigned_once]
        cursor.execute(_trigger(connection.vendor, table, "changed", f"UPDATE OF {', '.join(columns)}"))
        if assigned_once:
            condition = f"WHEN (OLD.{assigned_once} IS NOT NULL)"
            cursor.execute(_trigger(connection.vendor, table, "reassigned", f"UPDATE OF {assigned_once}", condition))
        if not deletable:
            cursor.execute(_trigger(connection.vendor, table, "deleted", "DELETE"))


def _trigger(vendor: str, table: str, name: str, event: str, condition: str = "") -> str:
    on = f"{table}_{name} BEFORE {event} ON {table} FOR EACH ROW {condition}"
    if vendor == "postgresql":
        return f"CREATE OR REPLACE TRIGGER {on} EXECUTE FUNCTION refuse_append_only()"
    return f"CREATE TRIGGER IF NOT EXISTS {on} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
