import sqlite3
from contextlib import closing
from pathlib import Path

from attrs import frozen
from django.db import DatabaseError, connections

from adapters.django_orm.backups.contents import require_empty
from adapters.django_orm.backups.files import new_file, verify
from adapters.django_orm.db.errors import core_errors
from core.backups.ports import StoreCopies
from core.errors import Conflict, Unavailable


@frozen
class SqliteCopies(StoreCopies):
    """A backup is a database file, without what was deleted."""

    database: str = "default"

    def save(self, path: Path) -> None:
        """Writers do not wait."""
        with new_file(path) as partial:
            try:
                with connections[self.database].cursor() as cursor:
                    cursor.execute("VACUUM INTO %s", [str(partial)])
            except DatabaseError as error:
                raise Unavailable(f"SQLite made no copy: {error}.") from None

    @core_errors()
    def load(self, path: Path, *, replace: bool) -> None:
        """In one transaction. Other connections wait, and then see what was loaded."""
        verify(path)
        if not replace:
            require_empty(self.database)
        connection = connections[self.database]
        connection.ensure_connection()
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as source:
            try:
                if source.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
                    raise Conflict(f"{path} is a damaged database.")
                source.backup(connection.connection)
            except sqlite3.Error as error:
                raise Unavailable(f"SQLite loaded nothing: {error}.") from None
        connection.close()
