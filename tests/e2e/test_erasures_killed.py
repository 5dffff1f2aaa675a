"""A process that erases is killed: every erasure that it acknowledged is in the ledger, and the others get there."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from uuid import UUID

from tests.e2e.conftest import ROOT, finished, manage

ACKNOWLEDGED = 30
SCRIPT = """
from datetime import date, timedelta
from config.registry import django_registry
registry = django_registry()
from core.access import Actor
actor = Actor.system("test")

def register_all():
    register = registry.register_patient()
    return [
        register(actor=actor, last_name=f"Byron{n}", date_of_birth=date(1950, 1, 1) + timedelta(9 * n)).id
        for n in range(300)
    ]

for patient_id in registry.atomic()(register_all):
    registry.erase_patient()(actor=actor, patient_id=patient_id)
    print(patient_id, flush=True)
"""


def test_a_killed_process_never_acknowledged_an_unrecorded_erasure(migrated: dict[str, str], tmp_path: Path) -> None:
    ledger = tmp_path / "erasures"
    environment = migrated | {"ERASURE_LEDGER": str(ledger), "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", SCRIPT]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        acknowledged = {process.stdout.readline().strip() for _ in range(ACKNOWLEDGED)}
        process.kill()
        acknowledged |= set(process.stdout.read().split())
    assert ACKNOWLEDGED <= len(acknowledged) < 300
    lines = ledger.read_text().splitlines()
    assert acknowledged <= {line.partition(" ")[2] for line in lines}

    ledger.write_text("\n".join(lines[: ACKNOWLEDGED // 2]))  # as if the others had not been written
    assert finished(manage(environment, "purge_expired"))[0] == 0
    with closing(sqlite3.connect(tmp_path / "registry.sqlite3")) as database:
        rows = database.execute("SELECT patient_id FROM patients_patientevent WHERE action = 'erased'").fetchall()
    written = [UUID(line.partition(" ")[2]).hex for line in ledger.read_text().splitlines()]
    assert sorted(written) == sorted(patient_id for (patient_id,) in rows)
