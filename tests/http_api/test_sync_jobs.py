from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core.access import Role
from core.errors import InvalidUpstreamResponse, Unavailable
from core.patients.entities import Patient
from tests.fakes import ScriptedGateway
from tests.http_api.client import Api
from tests.http_api.conftest import Run
from tests.http_api.problems import errors, kind

NOTHING_YET = {"updated": 0, "unchanged": 0, "not_found": 0, "refused": 0, "skipped": 0, "unavailable": 0}

Register = Callable[..., Patient]


def test_a_job_is_accepted_with_the_location_of_its_progress(clerk: Api, ada: Patient) -> None:
    me = clerk.get("users/me/").json()["id"]
    response = clerk.post("sync-jobs/", {})
    job = response.json()
    assert (response.status_code, response["Retry-After"]) == (202, "2")
    assert response["Location"] == f"http://testserver/api/v1/sync-jobs/{job['id']}/"
    assert clerk.get(response["Location"]).json() == job
    created_at = job.pop("created_at")
    assert created_at.endswith("Z")
    assert job == {
        "id": job["id"],
        "state": "queued",
        "total": 1,
        "done": 0,
        "counts": NOTHING_YET,
        "requested_by": f"user:{me}",
        "requested_by_name": None,
        "started_at": None,
        "ended_at": None,
        "resume_at": None,
        "reason": None,
        "statuses": ["active", "inactive", "merged"],
        "patient_id": None,
        "confirmed_by": None,
    }


@pytest.mark.parametrize("content_type", ["", "application/json"])
def test_no_body_means_all_patients(clerk: Api, content_type: str) -> None:
    response = clerk.call("POST", "sync-jobs/", b"", {"Content-Length": "0"}, content_type)
    assert (response.status_code, response.json()["statuses"]) == (202, ["active", "inactive", "merged"])


def test_a_job_may_be_limited_to_a_status_or_one_patient(clerk: Api, register: Register, ada: Patient) -> None:
    register(email="eve@example.org", status="inactive")
    register(email="kim@example.org", status="inactive")
    by_status = clerk.post("sync-jobs/", {"status": "inactive", "patient_id": None}).json()
    assert (by_status["total"], by_status["statuses"], by_status["patient_id"]) == (2, ["inactive"], None)
    of_one = clerk.post("sync-jobs/", {"patient_id": str(ada.id)}).json()
    assert (of_one["total"], of_one["patient_id"]) == (1, str(ada.id))


def test_progress_and_failures_are_reported(
    clerk: Api, register: Register, upstream: ScriptedGateway, run: Run
) -> None:
    patients = [register(email=f"p{n}@example.org", external_id=f"x{n}") for n in range(4)]
    upstream.answer = {"last_name": "King"}
    upstream.by_id = {"x1": None, "x2": InvalidUpstreamResponse()}
    job_id = clerk.post("sync-jobs/").json()["id"]
    run(job_id)
    job = clerk.get(f"sync-jobs/{job_id}/").json()
    assert (job["state"], job["total"], job["done"]) == ("completed", 4, 4)
    assert job["counts"] == NOTHING_YET | {"updated": 2, "not_found": 1, "refused": 1}
    assert job["created_at"] <= job["started_at"] <= job["ended_at"]
    failures = clerk.get(f"sync-jobs/{job_id}/failures/").json()
    assert [one.pop("at").endswith("Z") for one in failures["results"]] == [True, True]
    assert failures == {
        "next": None,
        "next_cursor": None,
        "results": [
            {"patient_id": str(patients[1].id), "outcome": "not_found", "reason": "no-external-data", "conflicts": []},
            {"patient_id": str(patients[2].id), "outcome": "refused", "reason": "invalid-answer", "conflicts": []},
        ],
    }


def test_a_held_job_shows_what_it_would_change_and_continues_once_an_admin_confirms_it(
    clerk: Api, signed_in: Callable[[Role], Api], register: Register, upstream: ScriptedGateway, run: Run
) -> None:
    patients = [register(email=f"p{n}@example.org", external_id=f"x{n}") for n in range(20)]
    for name in ("Byron", "King"):
        upstream.answer = {"last_name": name}
        job_id = clerk.post("sync-jobs/").json()["id"]
        run(job_id)
    job = clerk.get(f"sync-jobs/{job_id}/").json()
    assert (job["state"], job["done"], job["reason"]) == (
        "held",
        0,
        "20 of 20 patients would change; at most 30% may.",
    )
    held = clerk.get(f"sync-jobs/{job_id}/held-changes/").json()["results"]
    changes = {"last_name": {"before": "Byron", "after": "King"}}
    assert held == [{"patient_id": str(patient.id), "changes": changes} for patient in patients]
    assert clerk.post(f"sync-jobs/{job_id}/confirm/").status_code == 403
    confirmed = signed_in(Role.ADMIN).post(f"sync-jobs/{job_id}/confirm/").json()
    assert (confirmed["state"], confirmed["reason"]) == ("queued", None)
    run(job_id)
    done = clerk.get(f"sync-jobs/{job_id}/").json()
    assert (done["state"], done["counts"]["updated"], done["confirmed_by"][:5]) == ("completed", 20, "user:")


def test_fields_changed_on_both_sides_are_among_the_failures(
    clerk: Api, ada: Patient, upstream: ScriptedGateway, run: Run
) -> None:
    for theirs, ours in (("Byron", "King"), ("Lovelace", None)):
        upstream.answer = {"last_name": theirs}
        job_id = clerk.post("sync-jobs/").json()["id"]
        run(job_id)
        if ours:
            clerk.patch(f"patients/{ada.id}/", {"last_name": ours})
    (failure,) = clerk.get(f"sync-jobs/{job_id}/failures/").json()["results"]
    assert (failure["outcome"], failure["reason"], failure["conflicts"]) == ("unchanged", None, ["last_name"])


def test_a_pause_has_a_reason_and_an_end(clerk: Api, ada: Patient, upstream: ScriptedGateway, run: Run) -> None:
    upstream.answer = Unavailable("It is down.", retry_after=timedelta(seconds=30))
    job_id = clerk.post("sync-jobs/").json()["id"]
    run(job_id)
    job = clerk.get(f"sync-jobs/{job_id}/").json()
    assert (job["state"], job["reason"], job["done"]) == ("paused", "It is down.", 0)
    assert job["resume_at"] > job["started_at"]


def test_jobs_are_listed_newest_first_in_pages(clerk: Api) -> None:
    ids = [clerk.post("sync-jobs/").json()["id"] for _ in range(3)]
    first = clerk.get("sync-jobs/?limit=2").json()
    last = clerk.get(first["next"]).json()
    assert [job["id"] for job in first["results"] + last["results"]] == ids[::-1]
    assert last["next"] is None


def test_failures_are_listed_in_pages(clerk: Api, register: Register, run: Run) -> None:
    patients = [str(register(email=f"p{n}@example.org", external_id=f"x{n}").id) for n in range(3)]
    job_id = clerk.post("sync-jobs/").json()["id"]
    run(job_id)
    first = clerk.get(f"sync-jobs/{job_id}/failures/?limit=2").json()
    last = clerk.get(first["next"]).json()
    assert [failure["patient_id"] for failure in first["results"] + last["results"]] == patients
    assert last["next"] is None


def test_a_job_is_cancelled_once(clerk: Api, ada: Patient, job_id: UUID, upstream: ScriptedGateway, run: Run) -> None:
    cancelled = clerk.post(f"sync-jobs/{job_id}/cancel/")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert cancelled.json()["ended_at"] is not None
    run(str(job_id))
    assert upstream.asked == []
    assert clerk.get(f"sync-jobs/{job_id}/").json() == cancelled.json()
    again = clerk.post(f"sync-jobs/{job_id}/cancel/")
    assert (again.status_code, kind(again)) == (409, "job-ended")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"status": "archived"}, ("status", "choice")),
        ({"status": "dead"}, ("status", "choice")),
        ({"status": 5}, ("status", "type")),
        ({"patient_id": 7}, ("patient_id", "invalid")),
        ({"patient_id": "ada"}, ("patient_id", "invalid")),
        ({"patient_id": "{019c13d1-7e40-7000-8000-000000000001}"}, ("patient_id", "invalid")),
        ({"patient_id": str(UUID(int=1)), "status": "active"}, ("patient_id", "excluded")),
        ({"statuses": ["active"]}, ("statuses", "unknown")),
        ([], ("", "type")),
    ],
)
def test_an_invalid_scope_of_a_job_is_named(clerk: Api, given: object, error: tuple[str, str]) -> None:
    assert errors(clerk.post("sync-jobs/", given)) == {error}
    assert clerk.get("sync-jobs/").json()["results"] == []


def test_a_missing_or_archived_patient_is_not_synced(clerk: Api, register: Register) -> None:
    archived = register(status="archived")
    problems: Mapping[UUID, tuple[int, str]] = {
        uuid4(): (404, "patient-not-found"),
        archived.id: (409, "patient-archived"),
    }
    for patient_id, problem in problems.items():
        response = clerk.post("sync-jobs/", {"patient_id": str(patient_id)})
        assert (response.status_code, kind(response)) == problem


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("POST", "cancel/"), ("GET", "failures/")])
def test_an_unknown_job_is_not_found(clerk: Api, method: str, rest: str) -> None:
    response = clerk.call(method, f"sync-jobs/{uuid4()}/{rest}")
    assert (response.status_code, kind(response)) == (404, "job-not-found")


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=zz", "state=paused"])
@pytest.mark.parametrize("failures", [False, True])
def test_invalid_page_parameters_are_named(clerk: Api, job_id: UUID, query: str, failures: bool) -> None:
    response = clerk.get(f"sync-jobs/{job_id}/failures/?{query}" if failures else f"sync-jobs/?{query}")
    assert {field for field, _ in errors(response)} == {query.partition("=")[0]}
