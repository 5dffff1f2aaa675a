"""Overrides by operators and reports of processes."""

from datetime import timedelta
from threading import Thread
from time import monotonic

import pytest
from attrs import evolve
from django.db import connections

from bootstrap import Container
from core.errors import Unavailable
from core.upstreams.entities import CircuitState, UpstreamOverride, UpstreamReport
from core.upstreams.errors import OverrideConflict
from tests.contracts.conftest import POSTGRES, SQLITE, open_registry
from tests.fakes import NOW

ORDER = UpstreamOverride("ehr", 1, True, NOW, "user:1", "request")
REPORT = UpstreamReport("ehr", "web:1", NOW, CircuitState.OPEN, 9, 0.5, 0.25, 0.1, 2.5, 3, 1.5, 29.5)
LONG_AGO = NOW - timedelta(hours=1)


def test_the_latest_override_of_an_upstream_is_in_force(registry: Container) -> None:
    orders = registry.upstream_overrides()
    assert orders.latest("ehr") is None
    later = evolve(ORDER, revision=2, isolated=False, at=NOW - timedelta(seconds=1))
    for order in (ORDER, later, evolve(ORDER, upstream="lab", revision=3)):
        orders.add(order)
    assert orders.latest("ehr") == later


def test_a_revision_is_unique_per_upstream(registry: Container) -> None:
    orders = registry.upstream_overrides()
    orders.add(ORDER)
    with pytest.raises(OverrideConflict):
        orders.add(evolve(ORDER, isolated=False))
    assert orders.latest("ehr") == ORDER


def test_a_report_replaces_the_previous_one(registry: Container) -> None:
    reports = registry.upstream_reports()
    idle = UpstreamReport("ehr", "web:1", NOW, CircuitState.CLOSED, 0, None, None, None, None, 0, 2.0, 0.0)
    for report in (evolve(REPORT, process="web:2"), evolve(REPORT, upstream="lab"), REPORT, idle):
        reports.save(report, outdated=LONG_AGO)
    assert reports.list_for("ehr", since=NOW) == (idle, evolve(REPORT, process="web:2"))


def test_old_reports_are_not_listed_and_outdated_ones_are_deleted(registry: Container) -> None:
    reports = registry.upstream_reports()
    old = evolve(REPORT, process="gone:1", reported_at=NOW - timedelta(minutes=20))
    outdated = evolve(REPORT, process="gone:2", reported_at=LONG_AGO - timedelta(seconds=1))
    for report in (old, outdated):
        reports.save(report, outdated=LONG_AGO - timedelta(days=1))
    assert reports.list_for("ehr", since=NOW - timedelta(minutes=10)) == ()
    reports.save(REPORT, outdated=LONG_AGO)
    assert reports.list_for("ehr", since=LONG_AGO - timedelta(days=1)) == (old, REPORT)


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_saving_a_report_does_not_wait_for_a_lock(database: str) -> None:
    registry = open_registry(database)
    reports = registry.upstream_reports()
    refused: list[float] = []

    def save() -> None:
        started = monotonic()
        try:
            reports.save(REPORT, outdated=LONG_AGO)
        except Unavailable:
            refused.append(monotonic() - started)
        finally:
            connections.close_all()

    def holding() -> None:
        reports.save(REPORT, outdated=LONG_AGO)
        other = Thread(target=save)
        other.start()
        other.join(timeout=30)

    registry.atomic()(holding)
    assert len(refused) == 1
    assert refused[0] < 1
    reports.save(evolve(REPORT, calls=10), outdated=LONG_AGO)
    assert [report.calls for report in reports.list_for("ehr", since=NOW)] == [10]
