"""Changes of patients during a sync job."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bootstrap import Container
from core.errors import Unavailable
from core.jobs.entities import JobState
from core.patients.audit import Action
from core.patients.entities import Patient
from core.sync.entities import SyncJobOutcome
from tests.contracts.syncing import failures, people, run, start
from tests.fakes import ADMIN, CLERK, ScriptedGateway, StillClock, details

Change = Callable[[Container, Patient], object]


def erase(registry: Container, patient: Patient) -> None:
    registry.erase_patient()(actor=ADMIN, patient_id=patient.id)


def archive(registry: Container, patient: Patient) -> None:
    for status in ("inactive", "archived"):
        registry.update_patient()(actor=CLERK, patient_id=patient.id, status=status)


def rename(registry: Container, patient: Patient) -> None:
    registry.update_patient()(actor=CLERK, patient_id=patient.id, external_id="another")


def last_names(registry: Container) -> list[str | None]:
    """In order of registration."""
    return [patient.last_name for patient in reversed(registry.search_patients()(actor=CLERK).patients)]


def once(work: Callable[[], object], gateway: ScriptedGateway) -> Callable[[], None]:
    def meanwhile() -> None:
        gateway.meanwhile = lambda: None
        work()

    return meanwhile


@pytest.mark.parametrize("theirs", ["King", "Byron"])
@pytest.mark.parametrize("change", [erase, archive, rename])
def test_a_patient_removed_before_upstream_answers_is_skipped(
    registry: Container, clock: StillClock, gateway: ScriptedGateway, change: Change, theirs: str
) -> None:
    one, *_ = people(registry, clock, 3)
    gateway.answer = {"last_name": "King"}
    gateway.by_id = {"x0": {"last_name": theirs}}
    gateway.meanwhile = once(lambda: change(registry, one), gateway)
    job = run(registry, start(registry))
    assert (job.state, job.counts) == (JobState.COMPLETED, {"skipped": 1, "updated": 2})
    assert last_names(registry) == (["King"] * 2 if change is erase else ["Byron", "King", "King"])
    assert registry.snapshots().get(one.id) is None
    assert failures(registry, job) == ()


@pytest.mark.parametrize("change", [erase, archive])
def test_a_patient_removed_before_the_request_is_skipped_without_a_request(
    registry: Container, clock: StillClock, gateway: ScriptedGateway, change: Change
) -> None:
    one, *_ = people(registry, clock, 3)
    gateway.answer = Unavailable(retry_after=timedelta(seconds=1))
    job = run(registry, start(registry))
    change(registry, one)
    clock.forward(timedelta(seconds=1))
    gateway.asked.clear()
    gateway.answer = None
    job = run(registry, job)
    assert (job.state, job.counts) == (JobState.COMPLETED, {"not_found": 2, "skipped": 1})
    assert [asked for asked, _ in gateway.asked] == ["x1", "x2"]


def test_a_conflicting_upstream_record_is_refused_and_the_rest_of_its_chunk_is_synced(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    _, one, _ = people(registry, clock, 3)
    gateway.answer = {"last_name": "King"}
    gateway.by_id = {"x1": {"last_name": "Queen", "email": "p2@example.org"}}
    job = run(registry, start(registry))
    assert (job.state, job.counts) == (JobState.COMPLETED, {"refused": 1, "updated": 2})
    assert last_names(registry) == ["King", "Byron", "King"]
    (failure,) = failures(registry, job)
    assert (failure.patient_id, failure.outcome, failure.reason) == (one.id, SyncJobOutcome.REFUSED, "email-taken")


def test_fields_changed_on_both_sides_are_listed_as_failures(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    one, _ = people(registry, clock, 2)
    gateway.answer = {"first_name": "Ada", "last_name": "Byron"}
    run(registry, start(registry))
    registry.update_patient()(actor=CLERK, patient_id=one.id, last_name="King")
    gateway.answer = {"first_name": "Augusta", "last_name": "Lovelace"}
    clock.forward(timedelta(hours=1))
    job = run(registry, start(registry))
    assert job.counts == {"updated": 2}
    (failure,) = failures(registry, job)
    assert (failure.patient_id, failure.outcome, failure.conflicts, failure.reason) == (
        one.id, SyncJobOutcome.UPDATED, ("last_name",), ""
    )  # fmt: skip
    assert failure.at == clock.at


def test_patients_registered_after_the_job_was_created_are_not_in_it(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    people(registry, clock, 2)
    gateway.answer = {"last_name": "King"}
    job = start(registry)
    clock.forward(timedelta(seconds=1))
    registry.register_patient()(actor=CLERK, **details(external_id="new"))
    job = run(registry, job)
    assert (job.total, job.counts) == (2, {"updated": 2})
    assert last_names(registry) == ["King", "King", "Byron"]


def test_a_job_can_be_limited_to_one_status(registry: Container, clock: StillClock, gateway: ScriptedGateway) -> None:
    one, two, three = people(registry, clock, 3)
    registry.update_patient()(actor=CLERK, patient_id=two.id, status="inactive")
    archive(registry, three)
    gateway.answer = {"last_name": "Byron"}
    for status, asked in (("active", ["x0"]), ("inactive", ["x1"]), (None, ["x0", "x1"])):
        gateway.asked.clear()
        job = start(registry, status=status)
        assert job.total == len(asked)
        assert run(registry, job).counts == {"unchanged": len(asked)}
        assert [external_id for external_id, _ in gateway.asked] == asked
    assert registry.patients().get(one.id).last_synced_at == clock.at


def test_a_job_can_be_limited_to_one_patient(registry: Container, clock: StillClock, gateway: ScriptedGateway) -> None:
    _, one, _ = people(registry, clock, 3)
    gateway.answer = {"last_name": "King"}
    job = run(registry, start(registry, patient_id=one.id))
    assert (job.state, job.total, job.counts) == (JobState.COMPLETED, 1, {"updated": 1})
    assert last_names(registry) == ["Byron", "King", "Byron"]


def test_changes_are_recorded_under_the_requester_of_the_job(
    registry: Container, clock: StillClock, gateway: ScriptedGateway
) -> None:
    (one,) = people(registry, clock, 1)
    gateway.answer = {"last_name": "King"}
    run(registry, start(registry))
    event, _ = registry.view_history()(actor=CLERK, patient_id=one.id).events
    assert (event.action, event.actor, event.request_id) == (Action.SYNCED, CLERK.name, CLERK.request_id)
    assert gateway.asked == [("x0", CLERK.request_id)]
