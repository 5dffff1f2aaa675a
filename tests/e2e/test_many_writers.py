"""Many clients that write to a registry on SQLite at once. `WRITE_SECONDS` makes them write longer."""

import os
import shutil
import sqlite3
from pathlib import Path
from statistics import median
from time import sleep
from uuid import UUID

import pytest

from tests.e2e.conftest import finished, manage
from tests.e2e.load import Load
from tests.e2e.production import production_environment, served

WRITERS, SECONDS = 32, float(os.environ.get("WRITE_SECONDS", "1"))

pytestmark = pytest.mark.soak


def test_each_of_many_writers_on_sqlite_is_served(empty_database: Path, tmp_path: Path) -> None:
    database = shutil.copy(empty_database, tmp_path)
    environment = production_environment(tmp_path, f"sqlite:///{database}") | {"GRANIAN_WORKERS": "1"}
    _, key, _ = finished(manage(environment, "service_key", "make", "load", "1", "--role", "clerk"))
    load = Load()
    with served(environment | {"LIMIT_USER": "1000000/minute"}, key.strip()) as (process, client):
        with load.of(WRITERS, client):
            sleep(SECONDS)
        process.terminate()
        assert process.wait(30) == 0
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT id, version FROM patients_patient").fetchall()
    assert load.lost({str(UUID(patient)): version for patient, version in rows}) == {}
    assert set(load.statuses) == {200, 201}
    assert max(load.seconds) < 10
    print(f"{WRITERS} writers: {load.statuses}, median {median(load.seconds):.2f} s, most {max(load.seconds):.2f} s.")
