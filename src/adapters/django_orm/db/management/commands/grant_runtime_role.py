from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.utils import CursorWrapper

from adapters.django_orm.db.append_only import Protection, protections

ROWS = "SELECT, INSERT, UPDATE, DELETE"
OTHER = {"django_migrations": "SELECT"}
POWERS = """
    SELECT bool_or(other.rolsuper OR other.rolcreaterole OR other.rolbypassrls OR other.rolname = current_user),
        bool_or(has_schema_privilege(other.oid, current_schema(), 'CREATE'))
    FROM pg_roles role JOIN pg_roles other ON pg_has_role(role.oid, other.oid, 'MEMBER')
    WHERE role.rolname = %s GROUP BY role.oid
"""


class Command(BaseCommand):
    help = (
        "Lets a PostgreSQL role serve the registry. It can read and write rows, but not change tables, nor change or "
        "delete the audit. Run it as the owner of the tables, after each migration."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="An existing role that is allowed to log in.")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, choices=tuple(connections))

    def handle(self, *args: object, role: str, database: str, **options: object) -> None:
        connection = connections[database]
        if connection.vendor != "postgresql":
            raise CommandError("Only PostgreSQL has roles.")
        with transaction.atomic(using=database), connection.cursor() as cursor:
            _ensure_restrictable(cursor, role)
            protected = protections(cursor)
            tables = [table.name for table in connection.introspection.get_table_list(cursor)]
            if not protected:
                raise CommandError("The tables are missing. Migrate first.")
            for table in tables:
                rights = _rights(protected[table]) if table in protected else OTHER.get(table, ROWS)
                name, to = connection.ops.quote_name(table), connection.ops.quote_name(role)
                cursor.execute(f"REVOKE ALL ON {name} FROM {to}")
                cursor.execute(f"GRANT {rights} ON {name} TO {to}")
        self.stdout.write(
            f"The role may serve the registry: {len(tables)} tables, {len(protected)} of them append-only."
        )


def _ensure_restrictable(cursor: CursorWrapper, role: str) -> None:
    cursor.execute(POWERS, [role])
    found = cursor.fetchone()
    if not found:
        raise CommandError("There is no such role.")
    owns, creates = found
    if owns:
        raise CommandError("The role has the rights of the tables' owner, or can take them. Use another one.")
    if creates:
        raise CommandError("The role can create tables. Revoke that first: REVOKE CREATE ON SCHEMA public FROM PUBLIC")


def _rights(protection: Protection) -> str:
    rights = "SELECT, INSERT"
    if protection.assigned_once:
        rights += f", UPDATE ({protection.assigned_once})"
    if protection.deletable:
        rights += ", DELETE"
    return rights
