import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from attrs import evolve
from django.test import Client

from adapters.web.console.jobs.nightly import next_run
from bootstrap import Container
from core.access import Role
from core.access_log.entities import AccessAction
from core.jobs.entities import Job, JobKind
from core.patients.entities import Patient
from tests.fakes import ScriptedGateway
from tests.http_api.conftest import SETUP
from tests.web.pages import html_of, text_of, value_of

pytestmark = pytest.mark.django_db(transaction=True)

SYNCS = "/console/jobs/sync/"
STARTED = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)


@pytest.fixture
def held(registry: Container, upstream: ScriptedGateway, register: Callable[..., Patient]) -> Job:
    """Everybody would get another last name."""
    for number in range(20):
        register(first_name=f"Ada{number}", email=f"ada{number}@mail.example", external_id=f"EHR-{number}")
    for last_name in ("Byron", "King"):
        upstream.answer = {"last_name": last_name}
        job = run(registry, registry.start_sync_job()(actor=SETUP))
    return job


def run(registry: Container, job: Job) -> Job:
    return registry.run_job()(actor=SETUP, job_id=job.id)


def path(job: Job, page: str = "") -> str:
    return f"/console/jobs/{job.kind}/{job.id}/{page}"


def syncs(registry: Container) -> tuple[Job, ...]:
    return registry.list_jobs()(actor=SETUP, kind=JobKind.SYNC).items


def test_a_form_sent_twice_starts_one_sync(
    clerk: Client, registry: Container, ada: Patient, upstream: ScriptedGateway
) -> None:
    upstream.answer = {"last_name": "King"}
    form = {"key": value_of(clerk.get(SYNCS), "key"), "status": "active"}
    [first, second] = [clerk.post(f"{SYNCS}start/", form)["Location"] for _ in range(2)]
    assert first == second
    [job] = syncs(registry)
    run(registry, job)
    assert "Sync of active patients Completed It is done. 1 of 1 patients: 1 updated." in text_of(clerk.get(first))


def test_a_status_that_is_not_synced_is_refused(clerk: Client, registry: Container) -> None:
    assert clerk.post(f"{SYNCS}start/", {"key": "key", "status": "archived"}).status_code == 400
    assert not syncs(registry)


def test_lists_have_the_jobs_of_a_kind_or_the_newest_of_all(clerk: Client, registry: Container) -> None:
    assert "There is no job here." in text_of(clerk.get("/console/jobs/"))
    registry.start_duplicate_scan()(actor=SETUP)
    for _ in range(21):
        registry.start_sync_job()(actor=SETUP)
    everything = text_of(clerk.get("/console/jobs/"))
    assert (everything.count("Queued"), everything.count("Sync nothing done yet")) == (20, 20)
    assert "Duplicate scan of everybody nothing done yet" in text_of(clerk.get("/console/jobs/scan/"))
    first = clerk.get(SYNCS)
    [earlier] = re.findall(r'rel="next" href="(\?after=[^"]*)"', html_of(first))
    assert text_of(first).count("by tests") == 20
    assert text_of(clerk.get(f"{SYNCS}{earlier}")).count("by tests") == 1


def test_a_running_job_shows_its_rate_and_the_time_left(clerk: Client, registry: Container) -> None:
    job = registry.start_sync_job()(actor=SETUP)
    pace = {
        "rate": (600, "About 10 a second, about 1 minute left."),
        "slow": (30, "About 30 a minute, about 43 minutes"),
    }
    for done, shown in pace.values():
        running = evolve(job.running(STARTED), total=1320, counts={"updated": done})
        registry.jobs().replace(running)
        with time_machine.travel(STARTED + timedelta(minutes=1), tick=False):
            page = text_of(clerk.get(path(job))).replace("\xa0", " ")
        assert shown in page
        assert f"{done} of 1,320 patients" in page


def test_a_held_job_shows_its_changes_and_only_an_admin_confirms_it(
    clerk: Client, sign_in_as: Callable[[Role], Client], registry: Container, held: Job, upstream: ScriptedGateway
) -> None:
    page = clerk.get(path(held))
    assert "20 of 20 patients would change; at most 30% may." in text_of(page)
    assert "Last name Byron King" in text_of(page)
    assert "hx-get" not in html_of(page)
    assert f'href="{path(held, "confirm/")}"' not in html_of(page)
    admin = sign_in_as(Role.ADMIN)
    assert f'href="{path(held, "confirm/")}"' in html_of(admin.get(path(held)))
    assert "Let this job continue?" in text_of(admin.get(path(held, "confirm/")))
    assert admin.post(path(held, "confirm/"), {"key": "key"})["Location"] == path(held)
    again = admin.post(path(held, "confirm/"), {"key": "key"})
    assert (again.status_code, "The job is not held" in text_of(again)) == (409, True)
    run(registry, held)
    done = text_of(admin.get(path(held)))
    assert "20 updated" in done
    assert "Confirmed by you" in done


def test_viewing_a_sample_is_in_the_access_log(clerk: Client, registry: Container, held: Job) -> None:
    clerk.get(path(held))
    newest = registry.list_accesses()(actor=SETUP, filters={}).entries
    assert [one.action for one in newest].count(AccessAction.HELD_CHANGES_VIEWED) == 20


def test_patients_whose_sync_failed_are_listed(
    clerk: Client, registry: Container, ada: Patient, upstream: ScriptedGateway
) -> None:
    upstream.answer = {"date_of_birth": "x"}
    job = run(registry, registry.start_sync_job()(actor=SETUP))
    assert f'href="{path(job, "failures/")}"' in html_of(clerk.get(path(job)))
    page = clerk.get(path(job, "failures/"))
    assert "Open the record Refused" in text_of(page)
    assert f'href="/console/patients/{ada.id}/"' in html_of(page)


def test_one_form_key_cannot_start_two_kinds_of_job(clerk: Client, registry: Container) -> None:
    key = str(uuid4())
    clerk.post(f"{SYNCS}start/", {"key": key})
    assert clerk.post(f"{SYNCS}start/", {"key": key, "status": "active"}).status_code == 422
    assert len(syncs(registry)) == 1


def test_the_page_of_syncs_tells_the_last_and_the_next_nightly_sync(
    clerk: Client, registry: Container, settings: Any
) -> None:
    assert "No nightly sync is scheduled." in text_of(clerk.get(SYNCS))
    settings.NIGHTLY_SYNC = (2, 30)
    job = registry.start_nightly_sync()(actor=SETUP)
    assert job
    page = clerk.get(SYNCS)
    assert re.search(r"The next nightly sync: .* 02:30 UTC \. The last one: .* UTC , Queued\.", text_of(page))
    assert f'href="{path(job)}"' in html_of(page)


@pytest.mark.parametrize(
    ("now", "zone", "expected"),
    [
        ("2026-11-28T02:29:59Z", "UTC", "2026-11-28T02:30:00+00:00"),
        ("2026-11-28T02:30:00Z", "UTC", "2026-11-29T02:30:00+00:00"),
        ("2026-11-27T23:59:00Z", "Asia/Tokyo", "2026-11-29T02:30:00+09:00"),
    ],
)
def test_the_next_nightly_sync_is_in_the_time_zone_of_the_registry(
    settings: Any, now: str, zone: str, expected: str
) -> None:
    settings.TIME_ZONE = zone
    found = next_run((2, 30), datetime.fromisoformat(now))
    assert found
    assert found.isoformat() == expected
