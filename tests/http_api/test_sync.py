from collections.abc import Callable, Generator, Mapping
from datetime import timedelta

import pytest
import time_machine
from dependency_injector.providers import Object

from adapters.external.client import UpstreamClient
from adapters.external.errors import CircuitOpen
from adapters.external.managed import ManagedUpstream
from adapters.external.patients import HttpPatientGateway
from adapters.external.resilience.policy import UpstreamPolicy
from bootstrap import Container
from core.errors import InvalidUpstreamResponse, RateLimited, Unavailable
from core.patients.entities import Patient
from tests.external.upstream import Upstream, reply, running_upstream
from tests.fakes import ScriptedGateway
from tests.http_api.client import Api
from tests.http_api.problems import kind

pytestmark = pytest.mark.django_db(transaction=True)

THEIRS: Mapping[str, object] = {"first_name": "Augusta", "email": "AUGUSTA@example.org", "phone": None, "ward": 9}


def test_changes_from_upstream_are_applied(clerk: Api, ada: Patient, upstream: ScriptedGateway) -> None:
    upstream.answer = THEIRS
    response = clerk.post(f"patients/{ada.id}/sync_external_data/", X_Request_ID="sync-1")
    synced = response.json()
    assert response.status_code == 200
    assert synced["message"] == "Patient data synced successfully"
    assert (synced["outcome"], synced["stale"], synced["conflicts"]) == ("updated", False, [])
    assert (synced["patient"]["first_name"], synced["patient"]["version"]) == ("Augusta", 2)
    assert synced["patient"] == clerk.get(f"patients/{ada.id}/").json()
    assert synced["patient"]["last_synced_at"] == synced["fetched_at"]
    assert upstream.asked == [(ada.external_id, "sync-1")]


def test_a_patient_without_an_external_id_is_not_requested_from_upstream(
    clerk: Api, register: Callable[..., Patient], upstream: ScriptedGateway
) -> None:
    patient = register(email="eve@example.org", external_id=None)
    response = clerk.post(f"patients/{patient.id}/sync_external_data/")
    assert (response.status_code, response.json()["detail"]) == (404, "No external data found for patient")
    assert upstream.asked == []


def test_a_sync_that_changes_nothing_moves_only_the_time(clerk: Api, ada: Patient, upstream: ScriptedGateway) -> None:
    upstream.answer = {"first_name": ada.first_name}
    response = clerk.post(f"patients/{ada.id}/sync_external_data").json()
    assert (response["outcome"], response["patient"]["version"]) == ("unchanged", 1)
    assert response["patient"]["last_synced_at"] is not None
    assert len(clerk.get(f"patients/{ada.id}/history/").json()["results"]) == 1


def test_the_last_record_and_its_age_are_returned_while_upstream_is_down(
    clerk: Api, ada: Patient, upstream: ScriptedGateway
) -> None:
    upstream.answer = THEIRS
    synced = clerk.post(f"patients/{ada.id}/sync_external_data/").json()
    upstream.answer = Unavailable("It is down.", retry_after=timedelta(seconds=30))
    with time_machine.travel(timedelta(minutes=5)):
        response = clerk.post(f"patients/{ada.id}/sync_external_data/")
    stale = response.json()
    assert response.status_code == 200
    assert (stale["outcome"], stale["stale"], stale["fetched_at"]) == ("stale", True, synced["fetched_at"])
    assert 299 <= stale["age_seconds"] <= 302
    assert stale["message"].startswith("It is down. This is the record as it stands, ")
    assert "synced" not in stale["message"]
    assert stale["patient"] == synced["patient"]


@pytest.fixture
def real_upstream(registry: Container) -> Generator[Upstream]:
    """On a real socket, called as by the server."""
    with running_upstream() as server:
        client = UpstreamClient(server.url, UpstreamPolicy(attempts=1))
        operated = ManagedUpstream(client, registry.upstream_overrides(), registry.upstream_reports(), registry.clock())
        with registry.gateway.override(Object(HttpPatientGateway(operated))):
            registry.sync_patient.reset()
            yield server
        client.close()
    registry.sync_patient.reset()


def test_while_the_circuit_is_open_a_snapshot_is_returned_stale_or_else_503_with_retry_after(
    clerk: Api, ada: Patient, register: Callable[..., Patient], real_upstream: Upstream
) -> None:
    eve = register(email="eve@example.org", external_id="eve")
    real_upstream.answers(reply(THEIRS), reply(b"", status=500))
    synced = clerk.post(f"patients/{ada.id}/sync_external_data/").json()
    for _ in range(5):
        clerk.post(f"patients/{eve.id}/sync_external_data/")
    asked = len(real_upstream.requests)

    stale = clerk.post(f"patients/{ada.id}/sync_external_data/")
    assert (stale.status_code, stale.json()["stale"], stale.json()["fetched_at"]) == (200, True, synced["fetched_at"])
    assert stale.json()["message"].startswith(f"{CircuitOpen.message} This is the record as it stands, ")
    assert stale.json()["age_seconds"] >= 0
    refused = clerk.post(f"patients/{eve.id}/sync_external_data/")
    assert (refused.status_code, kind(refused)) == (503, "unavailable")
    assert refused.json()["detail"] == CircuitOpen.message
    assert 0 < int(refused["Retry-After"]) <= 30
    assert len(real_upstream.requests) == asked == 1 + 4


def test_local_corrections_are_kept_and_conflicts_named(clerk: Api, ada: Patient, upstream: ScriptedGateway) -> None:
    sync = f"patients/{ada.id}/sync_external_data/"
    upstream.answer = {"first_name": "Augusta", "last_name": "Byron"}
    clerk.post(sync)
    clerk.patch(f"patients/{ada.id}/", {"first_name": "Ada", "last_name": "King"})
    upstream.answer = {"first_name": "Augusta", "last_name": "Lovelace"}
    response = clerk.post(sync).json()
    assert (response["outcome"], response["conflicts"]) == ("unchanged", ["last_name"])
    assert response["patient"]["full_name"] == "Ada King"


@pytest.mark.parametrize(
    ("answer", "status", "expected", "retry_after"),
    [
        (None, 404, "no-external-data", None),
        (Unavailable(retry_after=timedelta(seconds=29.1)), 503, "unavailable", "30"),
        (RateLimited(retry_after=timedelta(seconds=7)), 429, "rate-limited", "7"),
        (InvalidUpstreamResponse(), 502, "invalid-answer", None),
        ({"email": "nonsense", "date_of_birth": 5}, 502, "invalid-external-data", None),
        ({"email": "", "sex": "female"}, 502, "empty-external-data", None),
        ({"id": "another", "first_name": "Eve"}, 502, "wrong-external-data", None),
        ({"email": "taken@example.org"}, 409, "email-taken", None),
    ],
)
def test_a_failed_sync_gives_the_reason_and_changes_nothing(
    clerk: Api,
    ada: Patient,
    upstream: ScriptedGateway,
    answer: Mapping[str, object] | Exception | None,
    status: int,
    expected: str,
    retry_after: str | None,
) -> None:
    clerk.post("patients/", {"first_name": "T", "last_name": "T", "email": "taken@example.org",
                             "date_of_birth": "2000-01-01"})  # fmt: skip
    before = clerk.get(f"patients/{ada.id}/").json()
    upstream.answer = answer
    response = clerk.post(f"patients/{ada.id}/sync_external_data/")
    assert (response.status_code, kind(response), response.get("Retry-After")) == (status, expected, retry_after)
    assert clerk.get(f"patients/{ada.id}/").json() == before


def test_a_patient_unknown_upstream_gets_the_documented_error(
    clerk: Api, ada: Patient, upstream: ScriptedGateway
) -> None:
    response = clerk.post(f"patients/{ada.id}/sync_external_data/")
    assert response.json()["detail"] == "No external data found for patient"


def test_an_archived_patient_is_not_synced(clerk: Api, ada: Patient, upstream: ScriptedGateway) -> None:
    for status in ("inactive", "archived"):
        clerk.patch(f"patients/{ada.id}/", {"status": status})
    response = clerk.post(f"patients/{ada.id}/sync_external_data/")
    assert (response.status_code, kind(response), upstream.asked) == (409, "patient-archived", [])
