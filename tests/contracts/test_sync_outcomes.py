"""The results of sync jobs for each patient."""

import pytest
from django.db import IntegrityError

from bootstrap import Container
from core.paging import Page
from core.sync.entities import SyncJobOutcome, SyncJobResult
from tests.contracts.conftest import POSTGRES, SQLITE
from tests.contracts.examples import job, sync_outcome


@pytest.fixture(autouse=True)
def jobs(registry: Container) -> None:
    for number in (1, 2):
        registry.jobs().add(job(number))


def failures(registry: Container, number: int = 1) -> tuple[SyncJobResult, ...]:
    return registry.sync_results().failures(job(number).id, after=None, limit=200).items


def test_failures_are_listed_by_patient_in_pages(registry: Container) -> None:
    outcomes = registry.sync_results()
    three, one, two = (sync_outcome(number, reason="email-taken") for number in (3, 1, 2))
    outcomes.record(job(1).id, [three, one])
    outcomes.record(job(1).id, [two])
    outcomes.record(job(2).id, [sync_outcome(4)])
    assert outcomes.failures(job(1).id, after=None, limit=2) == Page((one, two), two.patient_id)
    assert outcomes.failures(job(1).id, after=two.patient_id, limit=2) == Page((three,), None)
    assert outcomes.failures(job(1).id, after=None, limit=3) == Page((one, two, three), None)


@pytest.mark.parametrize(
    ("outcome", "needs"),
    [
        (SyncJobOutcome.UPDATED, False),
        (SyncJobOutcome.UNCHANGED, False),
        (SyncJobOutcome.SKIPPED, False),
        (SyncJobOutcome.NOT_FOUND, True),
        (SyncJobOutcome.REFUSED, True),
        (SyncJobOutcome.UNAVAILABLE, True),
    ],
)
def test_some_outcomes_and_all_conflicts_need_review(registry: Container, outcome: SyncJobOutcome, needs: bool) -> None:
    plain = sync_outcome(1, outcome)
    in_conflict = sync_outcome(2, outcome, conflicts=("phone", "email"))
    registry.sync_results().record(job().id, [plain, in_conflict])
    assert failures(registry) == ((plain, in_conflict) if needs else (in_conflict,))


def test_a_patient_has_one_result_per_job(registry: Container) -> None:
    outcomes, atomic = registry.sync_results(), registry.atomic()
    outcomes.record(job(1).id, [sync_outcome(1)])
    outcomes.record(job(2).id, [sync_outcome(1)])
    again = [sync_outcome(2), sync_outcome(1, SyncJobOutcome.UPDATED)]
    with pytest.raises((IntegrityError, ValueError)):
        atomic(lambda: outcomes.record(job(1).id, again))
    assert failures(registry) == failures(registry, 2) == (sync_outcome(1),)


def test_recording_no_results_is_allowed(registry: Container) -> None:
    registry.sync_results().record(job().id, [])
    assert failures(registry) == ()


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_the_database_rejects_a_second_result_for_a_patient(registry: Container, database: str) -> None:
    registry.sync_results().record(job().id, [sync_outcome(1)])
    with pytest.raises(IntegrityError):
        registry.sync_results().record(job().id, [sync_outcome(1)])
