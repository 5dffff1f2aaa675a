"""`manage.py run` and `manage.py load_demo`, as separate processes with their own database."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError
from django.test import override_settings

from adapters.cli.demo_data import DEMO_PASSWORD, VISITOR_ID
from adapters.django_orm.patients.models import Patient
from tests.e2e.conftest import finished, manage, printed, running


def children(process: subprocess.Popen[str]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def test_run_serves_the_demo_with_its_upstream_and_stops_cleanly(environment: dict[str, str], port: int) -> None:
    with running(environment, port) as demo:
        loaded = ["Demo patients: 500 added.\n", "Demo accounts: 5 added.\n", "Demo notices: 5 added.\n"]
        assert [line for line in demo.printed if line.startswith("Demo ")] == loaded
        with httpx.Client(base_url=demo.home, trust_env=False, timeout=60) as client:
            email = demo.named("Sign in as").split(", ")[1]
            signed_in = client.post("/api/v1/auth/token/", json={"email": email, "password": DEMO_PASSWORD})
            client.headers["Authorization"] = f"Bearer {signed_in.json()['access']}"
            [patient] = client.get("/api/v1/patients/", params={"external_id": "EHR-00003"}).json()["results"]
            synced = client.post(f"/api/v1/patients/{patient['id']}/sync_external_data/")
        assert synced.json()["outcome"] == "updated"
        assert httpx.get(f"{demo.upstream}/patients/{VISITOR_ID}", trust_env=False).status_code == 200

        parts = children(demo.process)
        assert parts
        demo.process.send_signal(signal.SIGINT)
        assert finished(demo.process)[0] == 0
    assert [pid for pid in parts if Path(f"/proc/{pid}").exists()] == []
    with socket.create_server(("127.0.0.1", port)):
        pass  # nothing listens there


def test_port_in_use_is_reported_before_anything_starts(environment: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, _, err = finished(manage(environment, "run", "--port", str(port)))
    assert status == 1
    assert f"Port {port} cannot be used" in err
    assert not any(tmp_path.glob("*.sqlite3*"))


def test_demo_ends_with_an_error_when_the_server_dies(loaded: dict[str, str], port: int) -> None:
    own_upstream = {"EXTERNAL_API_BASE_URL": "http://127.0.0.1:1/own"}
    with running(loaded | own_upstream, port) as demo:
        assert demo.upstream == "http://127.0.0.1:1/own"
        assert not any(line.startswith("Cause") for line in demo.printed)
        for child in children(demo.process):
            os.kill(child, signal.SIGKILL)
        status, _, err = finished(demo.process)
    assert status == 1
    assert "The server stopped unexpectedly" in err
    with socket.create_server(("127.0.0.1", port)):
        pass  # its workers are gone too


def test_loading_the_demo_again_changes_nothing(loaded: dict[str, str]) -> None:
    status, out, _ = finished(manage(loaded, "load_demo"))
    assert status == 0
    assert out.splitlines() == [
        "Demo patients: 0 added, 500 already exist.",
        "Demo accounts: 0 added, 5 already exist.",
        "Demo notices: 0 added, 5 already exist.",
    ]


@pytest.mark.django_db(transaction=True)
def test_loading_the_demo_is_refused_in_production() -> None:
    with override_settings(DJANGO_ENV="production"), pytest.raises(CommandError, match="refused in production"):
        printed("load_demo")
    assert not Patient.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_running_the_demo_is_refused_in_production(port: int) -> None:
    with override_settings(DJANGO_ENV="production"), pytest.raises(CommandError, match="refused in production"):
        printed("run", "--port", str(port))
    assert not Patient.objects.exists()
