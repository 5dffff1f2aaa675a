from pathlib import Path

from attrs import frozen
from django.db import connections

from adapters.django_orm.backups.contents import is_empty, require_empty
from adapters.django_orm.backups.files import new_file, verify
from adapters.django_orm.backups.programs import run
from adapters.django_orm.db.errors import core_errors
from core.backups.ports import StoreCopies
from core.errors import Conflict

_ALL_OR_NOTHING = ("--clean", "--if-exists", "--single-transaction", "--exit-on-error")
_AS_THIS_ROLE = ("--no-owner", "--no-privileges")
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@frozen
class PostgresqlCopies(StoreCopies):
    """A backup is a file of pg_dump, in its custom format."""

    database: str = "default"

    @core_errors()
    def save(self, path: Path) -> None:
        with new_file(path) as partial:
            run("pg_dump", self.database, "--format=custom", f"--file={partial}")

    @core_errors()
    def load(self, path: Path, *, replace: bool) -> None:
        """In one transaction, in which the same tables are dropped first."""
        verify(path)
        self._require_no_others()
        if not replace:
            require_empty(self.database)
        if is_empty(self.database):
            self._drop_tables()
        run("pg_restore", self.database, *_ALL_OR_NOTHING, *_AS_THIS_ROLE, str(path))
        connections[self.database].close()  # its prepared statements are for the former tables
        with connections[self.database].cursor() as cursor:
            cursor.execute("ANALYZE")

    def _require_no_others(self) -> None:
        """Raises `Conflict`."""
        with connections[self.database].cursor() as cursor:
            cursor.execute(_OTHERS)
            ((others,),) = cursor.fetchall()
        if others:
            raise Conflict(f"The database has {others} other connections. Stop every server and worker first.")

    def _drop_tables(self) -> None:
        """They are empty. Some of them may be newer than the backup, which would not drop them."""
        connection = connections[self.database]
        with connection.cursor() as cursor:
            names = [connection.ops.quote_name(name) for name in connection.introspection.table_names(cursor)]
            if names:
                cursor.execute(f"DROP TABLE {', '.join(names)} CASCADE")
