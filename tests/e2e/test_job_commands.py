"""Job commands without a terminal, as cron runs them."""

import shutil
import signal
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError

from config.apps import RegistryConfig
from core.access import Actor
from core.imports.entities import ImportRowOutcome
from tests.e2e.conftest import environment_in, finished, manage, printed

FILE = "given name;surname;e-mail;dob\nAda;Byron;ada@example.org;1985-12-10\nEve;King;not one;1985-12-10\n"


@pytest.fixture(scope="module")
def filled(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Two patients that upstream does not know."""
    directory = tmp_path_factory.mktemp("commands")
    environment, file = environment_in(directory), directory / "patients.csv"
    shutil.copy(empty_database, directory)
    file.write_text(
        "given name;surname;e-mail;dob;source id\n"
        "Ada;Byron;one@example.org;1985-12-10;EHR-1\nEve;King;two@example.org;1985-12-10;EHR-2\n",
        encoding="utf-8",
    )
    assert finished(manage(environment, "import_patients", str(file)))[0] == 0
    return environment


def test_import_reports_counts_and_the_rejects_file(filled: dict[str, str], tmp_path: Path) -> None:
    file, rejects = tmp_path / "ward.csv", tmp_path / "ward.csv.rejects.csv"
    file.write_text(FILE, encoding="utf-8")
    code, out, err = finished(manage(filled, "import_patients", str(file)))
    assert (code, out.splitlines()[-5:]) == (
        1,
        [f"{outcome:<20}{outcome in {'added', 'rejected'}:d}" for outcome in ImportRowOutcome],
    )
    assert str(rejects) in err
    assert finished(manage(filled, "import_patients", str(file)))[0] == 1, "The rejects are not overwritten."

    corrected = rejects.read_text(encoding="utf-8").replace("not one", "eve@example.org").replace("e-mail", "post")
    options = ["--column", "post=email", "--rejects", str(tmp_path / "corrected.csv")]
    code, out, err = finished(manage(filled, "import_patients", "-", *options), corrected)
    assert (code, err) == (0, "")
    assert out.splitlines()[:2] == ["Read as csv, utf-8, cells delimited by ';'.", "  'line': ignored"]
    assert "  'post': email" in out
    assert "added               1" in out
    assert not (tmp_path / "corrected.csv").exists()


@pytest.mark.django_db(transaction=True)
def test_import_with_an_unknown_column_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "shoes.csv"
    file.write_text(FILE.replace("dob", "shoe size"), encoding="utf-8")
    with pytest.raises(CommandError, match=r"shoe size: Unknown column\."):
        printed("import_patients", str(file))
    with pytest.raises(CommandError, match="No such file"):
        printed("import_patients", str(tmp_path / "none.csv"))


def test_sync_waits_through_an_outage_and_points_to_the_failures(filled: dict[str, str], upstream: str) -> None:
    httpx.put(f"{upstream}/control", json={"outage": True}, trust_env=False)
    policy = {"EXTERNAL_API_BASE_URL": upstream, "EXTERNAL_API_POLICY": "recovery=1, min_calls=1"}
    with manage(filled | policy, "sync_patients") as process:
        assert process.stdout
        lines = iter(process.stdout)
        paused = next(line for line in lines if line.startswith("Paused until"))
        assert "failed" in paused
        httpx.put(f"{upstream}/control", json={"outage": False}, trust_env=False)
        out, err = "".join(lines), process.stderr.read() if process.stderr else ""
    assert process.returncode == 1
    assert "not found" in out
    assert "/failures/" in err


@pytest.mark.django_db(transaction=True)
def test_sync_ends_with_the_reason_when_its_job_is_held() -> None:
    registry = RegistryConfig.current().container
    job = registry.start_sync_job()(actor=Actor.system("test"))
    registry.atomic()(lambda: registry.jobs().replace(job.held("Too many would change.")))
    with pytest.raises(CommandError, match="held: Too many would change"):
        printed("sync_patients", "--job", str(job.id))


def test_scan_reports_the_patients_in_pairs(filled: dict[str, str]) -> None:
    code, out, err = finished(manage(filled, "scan_duplicates", "--full"))
    counts = {name: int(count) for name, count in map(str.split, out.splitlines()[-3:])}
    assert (code, err, list(counts)) == (0, "", ["paired", "unpaired", "skipped"])
    assert counts["paired"] + counts["unpaired"] >= 2


@pytest.fixture
def interruptible() -> Generator[None]:
    """In the background of a script, SIGINT is ignored here, and would be in every process started from here."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_interrupted_sync_is_cancelled(filled: dict[str, str], upstream: str, interruptible: None) -> None:
    httpx.put(f"{upstream}/control", json={"outage": True}, trust_env=False)
    policy = {"EXTERNAL_API_BASE_URL": upstream, "EXTERNAL_API_POLICY": "recovery=60, min_calls=1"}
    with manage(filled | policy, "sync_patients") as process:
        assert process.stdout
        assert any(line.startswith("Paused until") for line in process.stdout)
        process.send_signal(signal.SIGINT)
        _, err = finished(process)[1:]
    assert process.returncode == 1
    assert err.strip().endswith("Cancelled. Finished records are kept.")


@pytest.mark.django_db(transaction=True)
def test_sync_of_an_unknown_job_is_refused() -> None:
    with pytest.raises(CommandError, match=r"There is no job with this id\."):
        printed("sync_patients", "--job", "01a20fdc-618b-7988-9aeb-bac66ba33d12")
