import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import ROOT

WITHOUT_DJANGO = "import runpy, sys; sys.modules['django'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"


def run(environment: dict[str, str], *command: str) -> str:
    paths = {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, *command], env=environment | paths, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_in_memory_example_runs_without_django(environment: dict[str, str]) -> None:
    printed = run(environment, "-c", WITHOUT_DJANGO, str(ROOT / "examples" / "in_memory_registry.py"))
    assert "Ana Clara Gonçalves, +5511900123456, version 1" in printed
    assert "first_name: Must not be blank." in printed
    assert "the second: The record has changed since it was read." in printed


def test_jobs_example_imports_and_syncs_on_the_django_registry(migrated: dict[str, str], upstream: str) -> None:
    example = str(ROOT / "examples" / "background_jobs.py")
    imported, synced, *failures = run(migrated | {"EXTERNAL_API_BASE_URL": upstream}, example).splitlines()
    assert imported == "import: 50 added"
    counts = {outcome: int(count) for count, outcome in (one.split() for one in synced.split(": ")[1].split(", "))}
    assert sum(counts.values()) == 50
    assert {"unchanged", "updated", "not_found"} <= counts.keys()
    assert [failure.split()[1:] for failure in failures] == [["not_found", "no-external-data"]] * len(failures)


def test_the_contract_tests_of_its_ports_and_no_others_run_on_the_sqlite_example(environment: dict[str, str]) -> None:
    files = ("test_patient_repository", "test_uniqueness", "test_atomic", "test_patient_search")
    paths = [f"tests/contracts/{name}.py" for name in files]
    option = "--registry=examples.sqlite_patients:registry"
    printed = run(
        environment, "-m", "pytest", "-n", "0", "--collect-only", *paths, option
    )  # `docs/scripts.md` runs them
    assert [name for name in files if f"{name}.py::" in printed] == list(files[:3])


def test_the_sqlite_example_keeps_its_patients(environment: dict[str, str], tmp_path: Path) -> None:
    example = str(ROOT / "examples" / "sqlite_patients.py")
    assert run(environment, example, str(tmp_path / "patients.sqlite3")) == "registered\n"
    assert run(environment, example, str(tmp_path / "patients.sqlite3")) == "registered before\n"
