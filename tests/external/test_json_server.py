"""The gateway with an independent REST server: npm's json-server with a file of patients."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from adapters.external.client import UpstreamClient
from adapters.external.patients import HttpPatientGateway
from bootstrap import Configuration, in_memory_registry
from core.access import Actor
from tests.programs import free_port, program, wait_for_port

HOME = Path(__file__).parent / "json_server"
PROGRAM = Path("node_modules", "json-server", "lib", "cli", "bin.js")


def install(npm: str) -> None:
    """Installs into a temporary directory and renames it, since several test processes may install at once."""
    with tempfile.TemporaryDirectory(dir=HOME) as beside:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HOME / name, beside)
        subprocess.run([npm, "ci"], cwd=beside, check=True, capture_output=True, timeout=300)
        try:
            Path(beside, "node_modules").rename(HOME / "node_modules")
        except OSError:
            if not (HOME / PROGRAM).exists():
                raise


@pytest.fixture(scope="session")
def json_server_url() -> Generator[str]:
    node, npm = program("node"), program("npm")
    if not (HOME / PROGRAM).exists():
        install(npm)
    port = free_port()
    command = [node, PROGRAM, "--host", "127.0.0.1", "--port", str(port), "--read-only", "--quiet", "patients.json"]
    with subprocess.Popen(command, cwd=HOME, stdout=sys.stderr) as process:
        try:
            wait_for_port(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
def client(json_server_url: str) -> Generator[UpstreamClient]:
    client = UpstreamClient(json_server_url)
    yield client
    client.close()


def test_known_patient_is_fetched(client: UpstreamClient) -> None:
    answer = HttpPatientGateway(client).fetch("EHR-00001", request_id="r")
    assert answer is not None
    record = answer.document
    assert record["id"] == "EHR-00001"
    assert record["email"] == "ada.whitfield@example.org"


def test_non_ascii_names_and_null_values_are_fetched(client: UpstreamClient) -> None:
    answer = HttpPatientGateway(client).fetch("EHR-00002", request_id="r")
    assert answer is not None
    record = answer.document
    assert (record["first_name"], record["last_name"], record["phone"]) == ("Zoë", "Núñez", None)


def test_slash_in_id_is_escaped(client: UpstreamClient) -> None:
    answer = HttpPatientGateway(client).fetch("EHR/00003", request_id="r")
    assert answer is not None
    record = answer.document
    assert record["first_name"] == "Ebele"


@pytest.mark.parametrize("external_id", ["EHR-99999", "EHR-00001/", "?id=EHR-00001", "患者", "..x"])
def test_unknown_patient_is_none(client: UpstreamClient, external_id: str) -> None:
    assert HttpPatientGateway(client).fetch(external_id, request_id="r") is None


def test_registered_patients_are_synced(json_server_url: str) -> None:
    registry = in_memory_registry(Configuration(secret_keys=("k" * 50,), upstream_url=json_server_url))
    actor = Actor.system("tests")
    client = registry.upstream()
    assert client is not None
    outcomes: list[tuple[str, str, str | None]] = []
    for external_id, first_name, phone in (
        ("EHR-00001", "Ada", "+12025550100"),
        ("EHR-00002", "Zoe", "+12025550143"),
        ("EHR/00003", "Ebele", None),
    ):
        patient = registry.register_patient()(
            actor=actor,
            first_name=first_name,
            last_name="Unknown",
            email=f"{first_name}@example.org",
            phone=phone,
            date_of_birth="1990-01-01",
            external_id=external_id,
        )
        result = registry.sync_patient()(actor=actor, patient_id=patient.id)
        outcomes.append((result.outcome, result.patient.full_name, result.patient.phone))
    client.close()
    assert outcomes == [
        ("updated", "Ada Whitfield", "+12025550143"),
        ("updated", "Zoë Núñez", "+12025550143"),
        ("updated", "Ebele Okafor", "+12025550119"),
    ]
