from collections.abc import Callable
from datetime import datetime, timedelta
from time import time
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from bootstrap import Configuration, Container, registry_on_django
from core import __version__
from core.errors import TooManyRequests, Unavailable
from core.jobs.entities import JobState
from core.patients.entities import Patient
from core.ports import RateLimit, RateLimitScope
from tests.fakes import ScriptedGateway
from tests.http_api.client import Api
from tests.http_api.conftest import PASSWORD, Run

pytestmark = pytest.mark.django_db(transaction=True)

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples() -> Samples:
    text = Api().get("/metrics").content.decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def labelled(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return f"patient_registry_{name}", frozenset(labels.items())


@pytest.fixture
def counted() -> Callable[..., float]:
    """What a metric has grown by since the test began."""
    before = samples()

    def grown(name: str, **labels: str) -> float:
        key = labelled(name, **labels)
        return samples().get(key, 0) - before.get(key, 0)

    return grown


def test_requests_are_counted_and_timed_by_their_route_without_the_ids(
    reader: Api, register: Callable[..., Patient], counted: Callable[..., float]
) -> None:
    for number in range(3):
        reader.get(f"patients/{register(email=f'{number}@example.org').id}/")
    reader.get(f"patients/{uuid4()}")
    route = "/api/v1/patients/<uuid:patient_id>/"
    assert counted("http_requests_total", method="GET", route=route, status="200") == 3
    assert counted("http_requests_total", method="GET", route=route, status="404") == 1
    assert counted("http_request_duration_seconds_count", method="GET", route=route) == 4
    assert counted("http_request_duration_seconds_sum", method="GET", route=route) > 0


def test_route_patterns_become_readable_labels(anonymous: Api, counted: Callable[..., float]) -> None:
    anonymous.get("/")
    anonymous.get("/notices/winter-hours")
    anonymous.get("/health/live/")
    for route, status in {"/": "200", "/notices/<slug>": "404", "/health/live": "200"}.items():
        assert counted("http_requests_total", method="GET", route=route, status=status) == 1


def test_unknown_paths_and_methods_add_no_label(anonymous: Api, counted: Callable[..., float]) -> None:
    before = samples().keys()
    for number in range(5):
        anonymous.get(f"/made/up/{number}")
        anonymous.call(f"BREW{number}", f"/made/up/{number}")
    assert counted("http_requests_total", method="GET", route="unknown", status="404") == 5
    assert counted("http_requests_total", method="other", route="unknown", status="404") == 5
    assert {dict(labels)["route"] for name, labels in samples().keys() - before if "http" in name} <= {
        "unknown",
        "/metrics",
    }


def test_use_cases_are_counted_and_timed_by_outcome(clerk: Api, counted: Callable[..., float]) -> None:
    body = {"first_name": "Ada", "last_name": "Byron", "email": "ada@example.org", "date_of_birth": "1985-12-10"}
    for _ in range(3):
        clerk.post("patients/", body)
    assert counted("use_cases_total", operation="register_patient", outcome="done") == 1
    assert counted("use_cases_total", operation="register_patient", outcome="email-taken") == 2
    assert counted("use_case_duration_seconds_count", operation="register_patient") == 3


def test_stale_responses_are_counted_separately_from_syncs(
    clerk: Api, ada: Patient, upstream: ScriptedGateway, counted: Callable[..., float]
) -> None:
    augusta = {"first_name": "Augusta"}
    for answer in (augusta, augusta, Unavailable(retry_after=timedelta(seconds=1))):
        upstream.answer = answer
        assert clerk.post(f"patients/{ada.id}/sync_external_data/").status_code == 200
    for outcome in ("updated", "unchanged", "stale"):
        assert counted("use_cases_total", operation="sync_patient", outcome=outcome) == 1


def test_reads_from_the_cache_are_counted(anonymous: Api, counted: Callable[..., float]) -> None:
    caches["default"].clear()
    for _ in range(3):
        anonymous.get("posts/popular/")
    assert counted("cache_reads_total", outcome="miss") == 1
    assert counted("cache_reads_total", outcome="hit") == 2


def test_calls_refused_by_a_limit_are_counted(counted: Callable[..., float]) -> None:
    caches["default"].clear()
    limits = dict.fromkeys(RateLimitScope, RateLimit(1, 86_400))
    limiter = registry_on_django(Configuration(secret_keys=("k" * 50,), limits=limits)).limiter()
    limiter.acquire(RateLimitScope.SYNC, "user:1")
    for _ in range(2):
        with pytest.raises(TooManyRequests):
            limiter.acquire(RateLimitScope.SYNC, "user:1")
    assert counted("limited_calls_total", scope="sync", outcome="refused") == 2
    caches["default"].clear()


def test_metrics_contain_no_personal_data(clerk: Api, ada: Patient, upstream: ScriptedGateway) -> None:
    upstream.answer = {"last_name": "Lovelace"}
    clerk.get(f"patients/{ada.id}/", X_Request_ID=f"for-{ada.email}")
    clerk.get(f"patients/?q={ada.last_name}&email={ada.email}")
    clerk.get(f"/{ada.email}/{ada.first_name}")
    clerk.post(f"patients/{ada.id}/sync_external_data/")
    clerk.post("auth/token/", {"email": "clerk@clinic.example", "password": PASSWORD})
    text = clerk.get("/metrics").content.decode()
    assert 'operation="sync_patient"' in text
    for personal in (str(ada.id), ada.email, ada.first_name, ada.last_name, "Lovelace", "clerk", "@", "EHR-ADA"):
        assert str(personal).lower() not in text.lower()


def test_metrics_are_readable_without_signing_in_and_read_only(anonymous: Api) -> None:
    page = anonymous.get("/metrics")
    assert (page.status_code, page["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert b"process_resident_memory_bytes" in page.content
    assert anonymous.get("/metrics/").status_code == 200
    assert anonymous.call("DELETE", "/metrics").status_code == 405


def test_jobs_are_counted_by_kind_and_state(clerk: Api, ada: Patient) -> None:
    clerk.post("sync-jobs/")
    found = samples()
    for state in JobState:
        assert found[labelled("jobs", kind="sync", state=state)] == (state == "queued")
    assert found[labelled("build_info", version=__version__)] == 1


def test_progress_and_ends_of_jobs_are_reported_from_the_database(
    clerk: Api, ada: Patient, registry: Container, run: Run
) -> None:
    job = clerk.post("sync-jobs/").json()
    records = [labelled("job_records", kind="sync", state=state) for state in ("finished", "left")]
    completed = labelled("job_last_completed_timestamp_seconds", kind="sync")
    purged = labelled("last_purge_timestamp_seconds")
    before = samples()
    assert [before[one] for one in records] == [0, 1]
    assert not {completed, purged} & before.keys()
    run(job["id"])
    registry.daily_purge()()
    after = samples()
    assert [after[one] for one in records] == [0, 0]
    ended_at = datetime.fromisoformat(clerk.get(f"sync-jobs/{job['id']}/").json()["ended_at"])
    assert after[completed] == pytest.approx(ended_at.timestamp(), abs=0.001)
    assert 0 <= time() - after[purged] < 60


def test_process_metrics_are_available_while_jobs_cannot_be_counted(anonymous: Api) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE jobs_job RENAME TO elsewhere")
        try:
            names = {name for name, _ in samples()}
        finally:
            cursor.execute("ALTER TABLE elsewhere RENAME TO jobs_job")
    assert "patient_registry_jobs" not in names
    assert "patient_registry_http_requests_total" in names
