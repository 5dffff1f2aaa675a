from typing import Any
from uuid import UUID

from attrs import fields
from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from adapters.django_orm.copying import insert
from core.patients.entities import Patient
from core.patients.names import sort_key
from core.patients.terms import search_terms
from core.patients.values import Identifier

BATCH = 1000
COLUMNS = [field.name for field in fields(Patient)]


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    database = editor.connection.alias
    terms: Any = apps.get_model("patients", "SearchTerm")  # as they were, no checker knows them
    rows: Any = apps.get_model("patients", "Patient")
    last = UUID(int=0)
    while held := list(rows.objects.using(database).filter(id__gt=last).order_by("id")[:BATCH]):
        last = held[-1].id
        for row in held:
            row.name = sort_key(row.first_name, row.last_name).encode()
        rows.objects.using(database).bulk_update(held, ["name"])
        found = ((row.id, term.encode()) for row in held for term in search_terms(_patient(row)))
        insert(terms, ("patient", "term"), found, database)


def _patient(row: Any) -> Patient:
    columns: dict[str, Any] = {name: getattr(row, name) for name in COLUMNS}
    columns["identifiers"] = tuple(Identifier(**one) for one in columns["identifiers"])
    return Patient(**columns)


class Migration(migrations.Migration):
    dependencies = [("patients", "0005_search_terms")]

    operations = [
        migrations.RunPython(fill),
        migrations.DeleteModel("NameWord"),
    ]
