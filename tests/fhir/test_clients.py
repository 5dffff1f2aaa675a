"""Clients of others, unchanged, against the server that `run` starts; and what others say about its answers."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from subprocess import DEVNULL
from typing import Any

import httpx
import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.humanname import HumanName
from fhirclient.models.patient import Patient
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

from adapters.cli.demo_data import DEMO_PASSWORD
from tests.e2e.conftest import demo_database, empty_database, environment, loaded, port, running, shared
from tests.fhir.test_patients import FULL

__all__ = ["demo_database", "empty_database", "environment", "loaded", "port", "shared"]


@pytest.fixture
def server(loaded: dict[str, str], port: int, monkeypatch: pytest.MonkeyPatch) -> Generator[httpx.Client]:
    """A client with an admin's token, whose base URL is that of the FHIR API."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running(loaded, port, DEVNULL) as demo, httpx.Client(base_url=f"{demo.home}/fhir/R4/", trust_env=False) as api:
        credentials = {"email": "admin@clinic.example", "password": DEMO_PASSWORD}
        token = api.post(f"{demo.home}/api/v1/auth/token/", json=credentials).json()["access"]
        api.headers["Authorization"] = f"Bearer {token}"
        yield api


def test_unchanged_clients_register_find_change_and_erase(server: httpx.Client) -> None:
    tour_of_fhirpy(server)
    tour_of_fhirclient(server)
    one_of_sixteen_simultaneous_conditional_creates_succeeds(server)
    answers_are_valid(server)


def tour_of_fhirpy(server: httpx.Client) -> None:
    client = SyncFHIRClient(str(server.base_url).rstrip("/"), authorization=server.headers["Authorization"])
    patient = client.resource("Patient", name=[{"given": ["Ada"], "family": "Fhirpy"}], birthDate="1985-12-10")
    patient.save()
    found = client.resources("Patient").search(family="Fhirpy", birthdate__ge="1985").fetch()
    assert [one["id"] for one in found] == [patient["id"]]
    assert client.resources("Patient").search(birthdate="1985-12-10").count() >= 1
    every = client.resources("Patient").sort("-birthdate").limit(100).fetch_all()
    assert len({one["id"] for one in every}) == 501
    patient["gender"] = "female"
    patient.save()
    assert client.reference("Patient", patient["id"]).to_resource()["gender"] == "female"
    patient["photo"] = [{"title": "x"}]
    with pytest.raises(OperationOutcome, match=r"Patient\.photo"):
        patient.save()
    patient.delete()
    with pytest.raises(ResourceNotFound):
        client.reference("Patient", patient["id"]).to_resource()


def tour_of_fhirclient(server: httpx.Client) -> None:
    client = FHIRClient(settings={"app_id": "tests", "api_base": str(server.base_url)})
    fhir: Any = client.server  # its types are too wide
    fhir.session.headers["Authorization"] = server.headers["Authorization"]
    client.prepare()
    patient: Any = Patient({"name": [{"family": "Fhirclient", "given": ["Ida"]}], "birthDate": "1985-12-10"})
    patient.id = patient.create(fhir)["id"]
    found: Any = next(Patient.where({"family": "fhirclient"}).perform_resources_iter(fhir))
    assert (found.id, found.as_json()["birthDate"]) == (patient.id, "1985-12-10")
    assert isinstance(found.name[0], HumanName)
    found.gender = "other"
    assert found.update(fhir)["gender"] == "other"
    again: Any = Patient.read(patient.id, fhir)
    assert again.gender == "other"
    again.delete()


def one_of_sixteen_simultaneous_conditional_creates_succeeds(server: httpx.Client) -> None:
    def create(_: int) -> tuple[int, str]:
        answer = server.post("Patient", json=FULL, headers={"If-None-Exist": "identifier=mrn|0001234"}, timeout=60)
        return answer.status_code, answer.json()["id"]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(create, range(16)))
    assert sorted(status for status, _ in answers) == [200] * 15 + [201]
    assert len({patient_id for _, patient_id in answers}) == 1


def answers_are_valid(server: httpx.Client) -> None:
    [entry] = server.get("Patient?identifier=mrn|0001234").json()["entry"]
    history = f"Patient/{entry['resource']['id']}/_history"
    for path in ("metadata", "Patient?_count=200", history, f"{history}/1", "Patient?shoe-size=7"):
        body = server.get(path).json()
        model = import_module(f"fhir.resources.R4B.{body['resourceType'].lower()}")
        getattr(model, body["resourceType"]).model_validate(body)
