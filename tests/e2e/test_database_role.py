"""The database roles of deploy/database.sh, and what `grant_runtime_role` lets the second one do."""

import os
import subprocess
from collections.abc import Generator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier
from pytest_django import DjangoDbBlocker

from tests.databases import connected, url_of
from tests.e2e.conftest import ROOT, environment_in, finished, manage
from tests.e2e.production import ROLE, Production, register
from tests.postgres import client_programs

PASSWORD = "it's a secret"
AUDIT = ("patients_patientevent", "access_log_accessentry")


@pytest.fixture
def created(postgres_server: None, django_db_blocker: DjangoDbBlocker) -> Generator[str]:
    """The name of a database and of its owner, made by the script."""
    host, name = settings.DATABASES["postgres"]["HOST"], f"registry_{uuid4().hex}"
    script = (ROOT / "deploy" / "database.sh").read_text().replace("registry", name)
    environment = {"PATH": f"{client_programs()}:{os.environ['PATH']}", "PGHOST": host, "PGUSER": "postgres"}
    environment |= {"REGISTRY_PASSWORD": "it's another", "REGISTRY_OWNER_PASSWORD": PASSWORD}
    subprocess.run(["sh", "-c", script], env=environment, check=True)
    with django_db_blocker.unblock():
        yield name
    with psycopg.connect(host=host, user="postgres", autocommit=True) as server:
        server.execute(SQL("DROP DATABASE {}").format(Identifier(name)))
        for role in (name, f"{name}_server"):
            server.execute(SQL("DROP ROLE {}").format(Identifier(role)))


def test_the_owner_owns_its_database_and_nothing_else(created: str) -> None:
    with psycopg.connect(url_of(created, created), autocommit=True) as database:
        database.execute("CREATE TABLE patients (id int); DROP TABLE patients")
        assert powers(database) == (False,) * 5


def test_the_serving_role_can_only_connect(created: str) -> None:
    with psycopg.connect(url_of(created, f"{created}_server"), autocommit=True) as database:
        assert powers(database) == (False,) * 5
        for statement in ("CREATE TABLE patients (id int)", "CREATE TEMP TABLE patients (id int)"):
            with pytest.raises(InsufficientPrivilege):
                database.execute(statement)


def powers(database: psycopg.Connection[tuple[object, ...]]) -> object:
    return database.execute(
        "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles"
        " WHERE rolname = current_user"
    ).fetchone()


def test_the_role_that_serves_can_neither_rewrite_the_audit_nor_change_tables(production: Production) -> None:
    with production.served(GRANIAN_WORKERS="1") as (_, client), client() as caller:
        assert caller.get(f"/api/v1/patients/{register(caller).json()['id']}/").status_code == 200
    refused = [
        "UPDATE patients_patientevent SET actor = 'user:other'",
        "UPDATE patients_eventvalues SET before = before",
        "UPDATE access_log_accessentry SET seal = seal",
        "UPDATE django_migrations SET name = name",
        *(f"{action} {table}" for table in AUDIT for action in ("DELETE FROM", "TRUNCATE", "DROP TABLE")),
        *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in AUDIT),
        "SET session_replication_role = replica",
    ]
    with psycopg.connect(production.environment["DATABASE_URL"], autocommit=True) as database:
        for statement in refused:
            with pytest.raises(InsufficientPrivilege):
                database.execute(statement.encode())


@pytest.mark.django_db(databases=["default", "postgres"])
@pytest.mark.parametrize(
    ("database", "role", "reason"),
    [
        ("default", ROLE, "Only PostgreSQL"),
        ("postgres", "nobody", "no such role"),
        ("postgres", "postgres", "the rights of the tables' owner"),
    ],
)
def test_a_role_that_cannot_be_restricted_is_refused(database: str, role: str, reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        call_command("grant_runtime_role", role, database=database)


def test_a_role_that_can_become_a_superuser_is_refused(created: str) -> None:
    with psycopg.connect(host=settings.DATABASES["postgres"]["HOST"], user="postgres", autocommit=True) as server:
        server.execute(SQL("GRANT postgres TO {}").format(Identifier(f"{created}_server")))
    with connected(created):
        connections.databases[created]["USER"] = created  # the owner, who is no superuser
        with pytest.raises(CommandError, match="can take them"):
            call_command("grant_runtime_role", f"{created}_server", database=created)


def test_a_database_without_tables_is_refused(created: str) -> None:
    with connected(created), pytest.raises(CommandError, match="Migrate first"):
        call_command("grant_runtime_role", f"{created}_server", database=created)


def test_the_owner_may_back_up_and_restore(created: str, tmp_path: Path) -> None:
    environment = environment_in(tmp_path) | {
        "DATABASE_URL": url_of(created, f"{created}:{quote(PASSWORD)}"),
        "PATH": f"{client_programs()}:{os.environ['PATH']}",
        "SECRET_KEY": "k" * 50,
    }
    patients = tmp_path / "patients.csv"
    patients.write_text("last_name,date_of_birth\nMarsh,1950-01-02\n")
    backup = str(tmp_path / "backup")
    steps = [["migrate"], ["import_patients", str(patients)], ["backup", backup], ["restore", backup, "--force"]]
    for step in steps:
        status, _, err = finished(manage(environment, *step))
        assert status == 0, err
    with psycopg.connect(url_of(created, created)) as database:
        assert database.execute("SELECT last_name FROM patients_patient").fetchall() == [("Marsh",)]
