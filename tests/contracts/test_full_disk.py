"""A process on SQLite whose disk is full: files cannot grow or be created."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import Container
from tests.contracts.conftest import SQLITE
from tests.contracts.examples import sql
from tests.fakes import CLERK, details

SRC = Path(__file__).parents[2] / "src"
SCRIPT = """
import resource
from config.registry import django_registry
from core.access import Actor
from core.errors import Unavailable
from django.db import close_old_connections

registry, actor = django_registry(), Actor.system("test")
registry.search_patients()(actor=actor)
account = registry.create_service_account()(actor=actor, name="lab-import", role="reader")
_, key = registry.create_service_key()(actor=actor, account_id=account.id, name="december")
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
for _ in range(2):
    close_old_connections()  # as after each request
    print(registry.authenticate()(access=key, request_id="test").actor.name)
    print(*[patient.first_name for patient in registry.search_patients()(actor=actor).patients])
    try:
        registry.register_patient()(
            actor=actor, first_name="Eve", last_name="King", email="eve@example.org", date_of_birth="1985-12-10"
        )
    except Unavailable:
        print("unavailable")
"""


@pytest.mark.parametrize("database", [SQLITE])
def test_with_a_full_disk_reads_succeed_and_writes_are_unavailable(
    registry: Container, database: str, tmp_path: Path
) -> None:
    registry.register_patient()(actor=CLERK, **details())
    copy = tmp_path / "registry.sqlite3"
    sql(database, f"VACUUM INTO '{copy}'")
    environment = os.environ | {
        "DJANGO_ENV": "development",
        "DATABASE_URL": f"sqlite:///{copy}",
        "PYTHONPATH": str(SRC),
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.stdout.splitlines() == ["service:lab-import", "Ada", "unavailable"] * 2, ended.stderr
