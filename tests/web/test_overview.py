from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve
from dependency_injector.providers import Object
from django.test import Client

from bootstrap import Container
from core.errors import Unavailable
from core.jobs.entities import Job
from core.patients.entities import Patient
from tests.http_api.conftest import SETUP, name
from tests.web.pages import html_of, text_of

__all__ = ["name"]

pytestmark = pytest.mark.django_db(transaction=True)


def put(registry: Container, change: Callable[[Job], Job]) -> None:
    registry.jobs().replace(change(registry.start_sync_job()(actor=SETUP)))


def test_the_overview_lists_open_work(clerk: Client, registry: Container) -> None:
    empty = text_of(clerk.get("/console/overview/"))
    assert "No job waits for a decision, has failed in the last week, or is under way." in empty
    now = registry.clock().now()
    put(registry, lambda job: job.held("Unusual."))
    put(registry, lambda job: job.failed(now, "No progress."))
    put(registry, lambda job: evolve(job.failed(now - timedelta(days=8), ""), counts={"refused": 7}))
    put(registry, lambda job: job.running(now))
    put(registry, lambda job: evolve(job.completed(now), counts={"unchanged": 9}))
    page = text_of(clerk.get("/console/overview/"))
    for title, state in (
        ("Wait for a decision", "Held"),
        ("Failed in the last week", "Failed"),
        ("Under way", "Running"),
    ):
        assert state in page.partition(title)[2].split(" UTC by tests ")[1]
    assert page.count("by tests") == 3
    assert "7 refused" not in page
    assert "9 unchanged" not in page


def test_the_overview_omits_upstream_if_none_is_configured(clerk: Client) -> None:
    assert "The upstream system" not in text_of(clerk.get("/console/overview/"))


def test_the_overview_says_that_upstream_responds(clerk: Client, name: str) -> None:
    assert "The upstream system answers" in text_of(clerk.get("/console/overview/"))


def test_the_overview_shows_the_counts_of_the_registry(clerk: Client, registry: Container, ada: Patient) -> None:
    page = text_of(clerk.get("/console/overview/"))
    assert "0 possible duplicates to decide 1 records not synced for a day 0 jobs failed in the last week" in page
    assert "Patients by status Active 1 Inactive 0 Archived 0 Merged 0" in page
    assert "Synced in the last day 0 Synced before that 0 Never synced 1" in page
    assert "Registered 1 patient in 30 days" in page
    assert "Counted " in page


def test_a_status_on_the_overview_links_to_its_patients(clerk: Client, ada: Patient) -> None:
    shown = html_of(clerk.get("/console/overview/"))
    assert '<button class="link" form="find-status" name="status" value="active">Active</button>' in shown
    assert str(ada.email) in text_of(clerk.post("/console/", {"status": "active"}))


def test_jobs_are_shown_while_the_numbers_cannot_be_counted(clerk: Client, registry: Container) -> None:
    def unavailable(**_: object) -> None:
        raise Unavailable

    put(registry, lambda job: job.held("Unusual."))
    with registry.view_overview.override(Object(unavailable)):
        page = text_of(clerk.get("/console/overview/"))
    assert "Held" in page
    assert "The numbers cannot be counted at the moment." in page
