from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import CreateModel
from django.db.migrations.state import ProjectState


class CreateWithoutRowid(CreateModel):
    """For a model of SQLite alone: the primary key orders the table itself, which saves the index and a hidden number.

    A later migration that rebuilds the table has to do so too.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        ordinary = schema_editor.sql_create_table
        schema_editor.sql_create_table = f"{ordinary} WITHOUT ROWID"
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        schema_editor.sql_create_table = ordinary
