from uuid import UUID

import pytest

from core.patients.entities import Patient
from tests.fakes import ScriptedGateway
from tests.http_api.client import Api
from tests.http_api.conftest import Run
from tests.http_api.problems import kind


@pytest.fixture(autouse=True)
def changed_upstream(upstream: ScriptedGateway) -> None:
    upstream.answer = {"last_name": "King"}


def test_a_sync_job_is_undone_by_a_job_of_its_own(admin: Api, ada: Patient, run: Run) -> None:
    job_id = admin.post("sync-jobs/").json()["id"]
    run(job_id)
    response = admin.post(f"sync-jobs/{job_id}/undo/")
    undo = response.json()
    assert (response.status_code, undo["undoes"], undo["total"]) == (202, job_id, 1)
    assert response["Location"] == f"http://testserver/api/v1/undo-jobs/{undo['id']}/"
    run(undo["id"])
    assert admin.get(response["Location"]).json()["counts"]["restored"] == 1
    assert admin.get(f"patients/{ada.id}/").json()["last_name"] == ada.last_name
    latest = admin.get(f"patients/{ada.id}/history/").json()["results"][0]
    assert (latest["action"], latest["job_id"]) == ("change_undone", undo["id"])


def test_undoing_an_import_removes_its_patients(admin: Api, import_id: UUID, run: Run) -> None:
    run(str(import_id))
    assert len(admin.get("patients/").json()["results"]) == 1
    undo = admin.post(f"imports/{import_id}/undo/").json()
    run(undo["id"])
    assert admin.get(f"undo-jobs/{undo['id']}/").json()["counts"]["removed"] == 1
    assert admin.get("patients/").json()["results"] == []


def test_fields_that_were_changed_since_are_among_the_failures(admin: Api, ada: Patient, run: Run) -> None:
    job_id = admin.post("sync-jobs/").json()["id"]
    run(job_id)
    admin.patch(f"patients/{ada.id}/", {"last_name": "Lovelace"})
    undo = admin.post(f"sync-jobs/{job_id}/undo/").json()
    run(undo["id"])
    (failure,) = admin.get(f"undo-jobs/{undo['id']}/failures/").json()["results"]
    assert failure.pop("at").endswith("Z")
    assert failure == {"patient_id": str(ada.id), "outcome": "unchanged", "reason": None, "kept": ["last_name"]}


def test_jobs_of_other_kinds_are_not_found(admin: Api, job_id: UUID, import_id: UUID, undo_id: UUID) -> None:
    for path in (f"imports/{job_id}", f"sync-jobs/{import_id}", f"sync-jobs/{undo_id}"):
        assert kind(admin.post(f"{path}/undo/")) == "job-not-found"
    assert kind(admin.get(f"undo-jobs/{job_id}/failures/")) == "job-not-found"
