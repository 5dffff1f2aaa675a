from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from dependency_injector.providers import Object
from django.db import connection
from django.test import Client

from bootstrap import Container
from tests.fakes import StillClock
from tests.http_api.client import Api
from tests.http_api.problems import kind

pytestmark = pytest.mark.django_db(transaction=True)


def test_is_ready_with_its_database_and_reports_the_upstream(anonymous: Api) -> None:
    response = anonymous.get("/health/ready")
    assert response.status_code == anonymous.get("/health/ready/").status_code == 200
    assert response.json()["checks"] == {
        "database": "ok",
        "cache": "ok",
        "upstream_circuit": "not configured",
        "clock_skew_seconds": 0.0,
    }


def test_stays_ready_with_a_wrong_wall_clock_and_reports_how_wrong(anonymous: Api, registry: Container) -> None:
    true_time = StillClock(datetime.now(UTC))
    with registry.clock.override(Object(true_time)), time_machine.travel(true_time.at + timedelta(days=1), tick=False):
        response = anonymous.get("/health/ready")
    assert response.status_code == 200
    assert response.json()["checks"]["clock_skew_seconds"] == 86_400.0


def test_stays_ready_without_its_cache_and_says_so(anonymous: Api, registry: Container) -> None:
    with registry.cache_state.override(Object("down")):
        response = anonymous.get("/health/ready")
    assert response.status_code == 200
    assert response.json()["checks"]["cache"] == "down"


def test_is_alive_but_not_ready_before_its_migrations(anonymous: Api) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET app = 'elsewhere' WHERE app = 'patients'")
        try:
            response = anonymous.get("/health/ready")
        finally:
            cursor.execute("UPDATE django_migrations SET app = 'patients' WHERE app = 'elsewhere'")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "migrations pending"
    assert anonymous.get("/health/live").status_code == 200


def test_the_front_page_describes_the_registry_and_links_to_the_documentation(anonymous: Api) -> None:
    page = anonymous.get("/")
    assert page.status_code == 200
    assert "/api/docs/" in page.content.decode()


@pytest.mark.parametrize("path", ["/", "/health/live"])
def test_read_only_paths_refuse_other_methods_with_a_problem(path: str) -> None:
    strict = Api(client=Client(enforce_csrf_checks=True))
    response = strict.post(path)
    assert (response.status_code, kind(response)) == (403, "forbidden")
