"""A backup that is made while others write, restored into another database."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from adapters.django_orm.backups.files import new_file
from bootstrap import Configuration, Container, registry_on_django
from core.errors import Conflict, Unavailable
from core.matching.scoring import Thresholds
from core.patients.audit import Action
from core.patients.entities import Patient
from tests.databases import connected, postgres_database, url_of
from tests.e2e.conftest import ROOT, environment_in, finished, manage
from tests.fakes import ADMIN, CLERK, READER, birth_date, details
from tests.postgres import client_programs

CONFIGURATION = Configuration(secret_keys=("k" * 50,), match_thresholds=Thresholds(certain=2), access_log_delay=0)
WRITERS = 3
Create = Callable[[bool], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def create(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Generator[Create]:
    """Gives the alias of a new database, migrated or without tables."""
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        if engine == "sqlite":
            yield lambda migrated: stack.enter_context(_sqlite(request, tmp_path, migrated=migrated))
        else:
            template = request.getfixturevalue("migrated_postgres")
            yield lambda migrated: stack.enter_context(_postgresql(template if migrated else "template1"))


@contextmanager
def _sqlite(request: pytest.FixtureRequest, directory: Path, *, migrated: bool) -> Generator[str]:
    name = f"database{len(connections.databases)}"
    if migrated:
        shutil.copy(request.getfixturevalue("empty_database"), directory / name)
    connections.databases[name] = connections.databases["default"] | {"NAME": str(directory / name)}
    try:
        yield name
    finally:
        connections[name].close()
        del connections[name], connections.databases[name]


@contextmanager
def _postgresql(template: str) -> Generator[str]:
    with postgres_database(template) as name, connected(name):
        yield name


@pytest.fixture
def registry(create: Create, monkeypatch: pytest.MonkeyPatch) -> Container:
    monkeypatch.setenv("PATH", f"{client_programs()}:{os.environ['PATH']}")
    return on(create(True))


@pytest.fixture
def target(create: Create) -> str:
    """A database without tables."""
    return create(False)


@pytest.fixture
def used(create: Create) -> str:
    """A database with a patient."""
    name = create(True)
    register(on(name), 1)
    return name


@pytest.fixture
def backup(registry: Container, tmp_path: Path) -> Path:
    """Of a registry with one patient."""
    register(registry, 0)
    registry.back_up()(actor=ADMIN, path=tmp_path / "backup")
    return tmp_path / "backup"


def on(database: str) -> Container:
    return registry_on_django(CONFIGURATION, database)


def register(registry: Container, number: int) -> Patient:
    given = details(last_name=f"Byron{number}x", email=f"p{number}@example.org", date_of_birth=birth_date(number))
    return registry.register_patient()(actor=CLERK, **given)


def patients(registry: Container) -> tuple[Patient, ...]:
    return registry.patient_listing().list_oldest_first(after=None, limit=10_000)


def write(registry: Container, first: int, versions: dict[UUID, int], stop: Event) -> None:
    """Registers and changes patients, and erases every third one: version 3. `versions` are those acknowledged."""
    for number in count(first):
        with suppress(Unavailable):  # SQLite, busy for too long: not acknowledged
            patient = register(registry, number)
            versions[patient.id] = 1
            registry.update_patient()(actor=CLERK, patient_id=patient.id, phone=f"+120155{50000 + number % 10000}")
            versions[patient.id] = 2
            if number % 3 == 0:
                registry.erase_patient()(actor=ADMIN, patient_id=patient.id)
                versions[patient.id] = 3
        if stop.wait(0.002):
            break
    connections.close_all()


def test_a_backup_has_every_acknowledged_write_and_no_partial_one(
    registry: Container, target: str, tmp_path: Path
) -> None:
    stop, written = Event(), [dict[UUID, int]() for _ in range(WRITERS)]
    threads = [Thread(target=write, args=(registry, n * 100_000, written[n], stop)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    while any(len(versions) < 8 for versions in written):
        assert all(thread.is_alive() for thread in threads)
        stop.wait(0.01)
    before = {one: version for versions in written for one, version in versions.copy().items()}
    registry.back_up()(actor=ADMIN, path=tmp_path / "backup")
    stop.set()
    for thread in threads:
        thread.join(timeout=30)

    assert any(versions.keys() - before.keys() for versions in written)  # they did not wait for the backup

    on(target).restore()(actor=ADMIN, path=tmp_path / "backup")
    restored = on(target)
    found = {patient.id: patient for patient in patients(restored)}
    for patient_id, version in before.items():
        latest, *earlier = restored.trail().history(patient_id, before_version=None, limit=9)
        assert 1 + len(earlier) >= version
        assert (latest.action is Action.ERASED) == (patient_id not in found)
    assert restored.verify_audit()(actor=ADMIN).faults == ()
    for patient in found.values():
        assert restored.search_patients()(actor=READER, q=patient.last_name or "").patients == (patient,)
    assert register(restored, 7_000_000).id not in found


def test_only_its_owner_can_read_a_backup_and_its_checksum(backup: Path) -> None:
    files = sorted(backup.parent.glob("backup*"))
    assert [file.name for file in files] == ["backup", "backup.sha256"]
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]


def test_a_backup_never_replaces_a_file(registry: Container, backup: Path) -> None:
    content = backup.read_bytes()
    with pytest.raises(Conflict, match="there already"):
        registry.back_up()(actor=ADMIN, path=backup)
    other = backup.with_name("other")
    other.with_name("other.partial").touch()
    with pytest.raises(Conflict, match="under way"):
        registry.back_up()(actor=ADMIN, path=other)
    with pytest.raises(Unavailable, match="cannot be written"):
        registry.back_up()(actor=ADMIN, path=backup.parent / "nowhere" / "backup")
    assert (backup.read_bytes(), other.exists()) == (content, False)


@pytest.mark.parametrize("damage", [lambda file: file.write_bytes(file.read_bytes()[:-1]), Path.unlink])
@pytest.mark.parametrize("name", ["backup", "backup.sha256"])
def test_a_damaged_or_incomplete_backup_is_not_restored(
    backup: Path, target: str, damage: Callable[[Path], object], name: str
) -> None:
    damage(backup.with_name(name))
    with pytest.raises((Conflict, Unavailable), match="backup"):
        on(target).restore()(actor=ADMIN, path=backup)
    assert connections[target].introspection.table_names() == []


def test_a_database_with_data_is_replaced_only_on_demand(registry: Container, backup: Path, used: str) -> None:
    before = patients(on(used))
    with pytest.raises(Conflict, match="has data"):
        on(used).restore()(actor=ADMIN, path=backup)
    assert patients(on(used)) == before
    connections[used].close()
    on(used).restore()(actor=ADMIN, path=backup, replace=True)
    assert patients(on(used)) == patients(registry)


def test_a_migrated_database_without_data_counts_as_empty(registry: Container, backup: Path, create: Create) -> None:
    target = create(True)
    on(target).changes().epoch()
    on(target).restore()(actor=ADMIN, path=backup)
    assert patients(on(target)) == patients(registry)
    with pytest.raises(Exception, match="append-only"), connections[target].cursor() as cursor:
        cursor.execute("DELETE FROM patients_patientevent")


def test_a_restore_that_fails_changes_nothing(backup: Path, used: str, engine: str) -> None:
    """The checksum is right, but the content is not."""
    before = patients(on(used))
    content = bytearray(backup.read_bytes())
    damaged = 1000 if engine == "postgresql" else len(content) // 2  # of pg_dump's, only data
    content[-damaged:] = bytes(damaged)
    _save(backup, bytes(content))
    with pytest.raises((Conflict, Unavailable)):
        on(used).restore()(actor=ADMIN, path=backup, replace=True)
    assert patients(on(used)) == before


def _save(path: Path, content: bytes) -> None:
    path.unlink()
    with new_file(path) as partial:
        partial.write_bytes(content)


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_database_that_others_use_is_not_replaced(backup: Path, used: str) -> None:
    done, started = Event(), Event()

    def use() -> None:
        patients(on(used))
        started.set()
        done.wait()
        connections.close_all()

    thread = Thread(target=use)
    thread.start()
    started.wait()
    with pytest.raises(Conflict, match="1 other connections"):
        on(used).restore()(actor=ADMIN, path=backup)
    done.set()
    thread.join()


@pytest.mark.parametrize("engine", ["postgresql"])
def test_missing_and_old_programs_are_reported(
    registry: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="pg_dump is not in PATH"):
        registry.back_up()(actor=ADMIN, path=tmp_path / "backup")
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
    old.chmod(0o700)
    with pytest.raises(Unavailable, match="older than the server"):
        registry.back_up()(actor=ADMIN, path=tmp_path / "backup")
    old.write_text(
        "#!/bin/sh\ncase $1 in --version) echo 'x (PostgreSQL) 99.1';; *) echo \"error: $@\" >&2; exit 1;; esac\n"
    )
    name = next(name for name in connections.databases if name.startswith("registry_"))
    monkeypatch.setitem(connections[name].settings_dict, "PASSWORD", "secret-7")
    with pytest.raises(Unavailable, match=r"pg_dump failed\. error: ") as failed:
        registry.back_up()(actor=ADMIN, path=tmp_path / "backup")
    assert "secret-7" not in str(failed.value)
    assert not list(tmp_path.glob("backup*"))


SCRIPT = """
import sys
from config.registry import django_registry
registry = django_registry()
from django.core.management import call_command
from core.access import Actor
actor = Actor.system("test")
registered = [
    registry.register_patient()(actor=actor, last_name=name, date_of_birth=born)
    for name, born in (("Marsh", "1950-01-02"), ("Stone", "1985-12-10"))
]
call_command("backup", sys.argv[1])
registry.erase_patient()(actor=actor, patient_id=registered[0].id)
"""


def test_a_patient_erased_after_the_backup_stays_erased_after_the_restore(
    create: Create, engine: str, tmp_path: Path
) -> None:
    def environment(alias: str) -> dict[str, str]:
        file = connections.databases[alias]["NAME"]
        url = f"sqlite:///{file}" if engine == "sqlite" else url_of(alias)
        own = {"DATABASE_URL": url, "SECRET_KEY": "k" * 50, "ERASURE_LEDGER": str(tmp_path / "erasures")}
        path = {"PATH": f"{client_programs()}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src")}
        return environment_in(tmp_path) | own | path

    source, target, backup = create(True), create(False), tmp_path / "backup"
    script = [sys.executable, "-c", SCRIPT, str(backup)]
    subprocess.run(script, env=environment(source), check=True, capture_output=True, timeout=60)
    status, out, err = finished(manage(environment(target), "restore", str(backup)))
    assert (status, "are back" in err) == (0, False)
    assert out.startswith(f"Restored {backup}.\nErased 1 patients again.\nThe audit is as it was written: ")
    restored = on(target)
    assert [patient.last_name for patient in patients(restored)] == ["Stone"]
    assert restored.changes().epoch() != on(source).changes().epoch()
    connections[target].close()

    del (without := environment(target))["ERASURE_LEDGER"]
    status, out, err = finished(manage(without, "restore", str(backup)))
    assert (status, out) == (1, "")
    assert "Nothing was restored. The database has data." in err
    status, out, err = finished(manage(without, "restore", str(backup), "--force"))
    assert (status, "are back" in err) == (0, True)
    assert {patient.last_name for patient in patients(on(target))} == {"Marsh", "Stone"}
