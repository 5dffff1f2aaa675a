"""The queue of possible duplicates: how pairs get into it, and how they are decided."""

from datetime import timedelta

import pytest

from bootstrap import Configuration, Container
from core.access import Actor, Permission
from core.errors import Forbidden, ValidationError
from core.files import FileFormat
from core.jobs.entities import Job, JobState
from core.jobs.errors import JobUnderWay
from core.matching.entities import DuplicatePair, PairState
from core.matching.errors import PairDecided, PairMerged, PairNotFound
from core.patients.entities import Patient
from tests.contracts.conftest import open_registry
from tests.contracts.examples import together
from tests.fakes import ADMIN, CLERK, ScriptedGateway, StillClock, details, equip

CONFIGURATION = Configuration(secret_keys=("k" * 50,))
READER = Actor("user:reader", frozenset({Permission.VIEW_PATIENTS}), "request")


@pytest.fixture
def registry(database: str, clock: StillClock, gateway: ScriptedGateway) -> Container:
    return equip(open_registry(database, configuration=CONFIGURATION), clock, gateway)


def register(registry: Container, **given: object) -> Patient:
    return registry.register_patient()(actor=CLERK, override_reason="Another person.", **details(**given))


def queue(
    registry: Container, *, state: object = "open", min_probability: object = 0, limit: object = 50
) -> tuple[DuplicatePair, ...]:
    page = registry.list_duplicates()(actor=CLERK, state=state, min_probability=min_probability, limit=limit)
    return page.pairs


@pytest.fixture
def ada(registry: Container) -> Patient:
    return register(registry)


@pytest.fixture
def twin(registry: Container, ada: Patient, clock: StillClock) -> Patient:
    clock.at += timedelta(seconds=1)
    return register(registry, email="twin@example.org")


@pytest.fixture
def pair(registry: Container, ada: Patient, twin: Patient) -> DuplicatePair:
    (found,) = queue(registry)
    return found


def test_an_overridden_registration_is_queued(registry: Container, ada: Patient, twin: Patient) -> None:
    (pair,) = queue(registry)
    assert (pair.patient_ids, pair.state) == ((ada.id, twin.id), PairState.OPEN)
    assert pair.probability > 0.99
    assert {line.field for line in pair.evidence} > {"first_name", "date_of_birth"}
    page = registry.list_duplicates()(actor=CLERK)
    assert page.patients == {ada.id: ada, twin.id: twin}


def test_a_pair_is_viewed_with_its_records(
    registry: Container, pair: DuplicatePair, ada: Patient, twin: Patient
) -> None:
    view = registry.view_duplicate()(actor=CLERK, pair_id=pair.id)
    assert (view.pair, view.first, view.second) == (pair, ada, twin)
    with pytest.raises(PairNotFound):
        registry.view_duplicate()(actor=CLERK, pair_id=ada.id)
    with pytest.raises(Forbidden):
        registry.view_duplicate()(actor=READER, pair_id=pair.id)


def test_a_possible_duplicate_is_registered_and_queued(registry: Container, ada: Patient, clock: StillClock) -> None:
    clock.at += timedelta(seconds=1)
    other = registry.register_patient()(actor=CLERK, **details(first_name="Augusta", email=None))
    assert [pair.patient_ids for pair in queue(registry)] == [(ada.id, other.id)]


def test_an_update_queues_a_pair_and_the_next_one_removes_it(registry: Container, ada: Patient) -> None:
    other = register(registry, first_name="Eve", last_name="King", email=None, date_of_birth="2001-02-03")
    assert queue(registry) == ()
    update = registry.update_patient()
    update(actor=CLERK, patient_id=other.id, first_name="Ada", last_name="Byron", date_of_birth="1985-12-10")
    assert len(queue(registry)) == 1
    update(actor=CLERK, patient_id=other.id, sex="female", status="inactive")
    assert len(queue(registry)) == 1
    update(actor=CLERK, patient_id=other.id, first_name="Eve", last_name="King", date_of_birth="2001-02-03")
    assert queue(registry) == ()


def test_a_sync_queues_a_pair(registry: Container, ada: Patient, gateway: ScriptedGateway) -> None:
    other = register(
        registry, first_name="Eve", last_name="King", email=None, date_of_birth="2001-02-03", external_id="x"
    )
    gateway.answer = {"first_name": "Ada", "last_name": "Byron", "date_of_birth": "1985-12-10"}
    registry.sync_patient()(actor=CLERK, patient_id=other.id)
    assert len(queue(registry)) == 1


def imported(registry: Container, content: bytes, *, dry_run: bool = False) -> Job:
    start = registry.start_import()
    job = start(actor=CLERK, content=lambda: [content], format=FileFormat.CSV, dry_run=dry_run)
    return registry.run_job()(actor=ADMIN, job_id=job.id)


@pytest.mark.parametrize("dry_run", [True, False])
def test_certain_duplicates_in_a_file_are_rejected_and_possible_ones_queued(
    registry: Container, ada: Patient, dry_run: bool
) -> None:
    content = b"""first_name,last_name,date_of_birth,email
Ada,Byron,1985-12-10,
Augusta,Byron,1985-12-10,
Eve,King,2001-02-03,
Eve,King,2001-02-03,eve@example.org
Eve,King,,
"""
    job = imported(registry, content, dry_run=dry_run)
    assert job.counts == {"added": 3, "duplicate": 2}
    rejects = b"".join(registry.download_rejects()(actor=CLERK, job_id=job.id)).decode().splitlines()
    assert [line.split(",")[0] for line in rejects[1:]] == ["2", "5"]
    assert len(queue(registry)) == (0 if dry_run else 2)


def test_erasing_a_record_removes_its_pairs(registry: Container, pair: DuplicatePair, twin: Patient) -> None:
    registry.erase_patient()(actor=ADMIN, patient_id=twin.id)
    assert queue(registry) == ()
    with pytest.raises(PairNotFound):
        registry.decide_duplicate()(actor=CLERK, pair_id=pair.id, decision="same")


def test_different_persons_are_not_paired_again(
    registry: Container, pair: DuplicatePair, twin: Patient, clock: StillClock
) -> None:
    decided = registry.decide_duplicate()(actor=CLERK, pair_id=pair.id, decision="different", reason="Twins.")
    assert (decided.state, decided.decided_by, decided.reason) == (PairState.DIFFERENT, CLERK.name, "Twins.")
    registry.update_patient()(actor=CLERK, patient_id=twin.id, middle_name="King")
    clock.at += timedelta(seconds=1)
    scan(registry, full=True)
    assert queue(registry) == ()
    assert [one.id for one in queue(registry, state="different")] == [pair.id]


def test_different_persons_are_not_paired_through_a_third_record(
    registry: Container, ada: Patient, twin: Patient, pair: DuplicatePair, clock: StillClock
) -> None:
    registry.decide_duplicate()(actor=CLERK, pair_id=pair.id, decision="different")
    clock.at += timedelta(seconds=1)
    third = register(registry, email="third@example.org")
    assert len(queue(registry)) == 2
    registry.merge_patients()(actor=CLERK, patient_id=third.id, other_id=twin.id)
    assert queue(registry) == ()
    registry.update_patient()(actor=CLERK, patient_id=ada.id, middle_name="King")
    assert queue(registry) == ()


def test_postponing_reopens_a_decided_pair(registry: Container, pair: DuplicatePair) -> None:
    decide = registry.decide_duplicate()
    decide(actor=CLERK, pair_id=pair.id, decision="same")
    for decision in ("same", "different"):
        with pytest.raises(PairDecided):
            decide(actor=CLERK, pair_id=pair.id, decision=decision)
    decide(actor=CLERK, pair_id=pair.id, decision="later")
    assert [one.id for one in queue(registry, state="later")] == [pair.id]
    assert decide(actor=CLERK, pair_id=pair.id, decision="different").state is PairState.DIFFERENT


def test_a_merged_pair_is_not_decided(registry: Container, pair: DuplicatePair, ada: Patient, twin: Patient) -> None:
    registry.merge_patients()(actor=CLERK, patient_id=ada.id, other_id=twin.id)
    for decision in ("later", "different"):
        with pytest.raises(PairMerged):
            registry.decide_duplicate()(actor=CLERK, pair_id=pair.id, decision=decision)


def test_only_one_of_several_simultaneous_decisions_succeeds(registry: Container, pair: DuplicatePair) -> None:
    decide = registry.decide_duplicate()
    decisions = ["same", "different"] * 3
    outcomes = together(6, lambda n: decide(actor=CLERK, pair_id=pair.id, decision=decisions[n]))
    assert sum(isinstance(outcome, DuplicatePair) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, PairDecided) for outcome in outcomes) == 5


@pytest.mark.parametrize(
    ("decision", "reason"), [("maybe", None), (None, None), ("same", ""), (5, None), ("same", "x" * 501)]
)
def test_an_invalid_decision_is_refused(
    registry: Container, pair: DuplicatePair, decision: object, reason: object
) -> None:
    with pytest.raises(ValidationError):
        registry.decide_duplicate()(actor=CLERK, pair_id=pair.id, decision=decision, reason=reason)
    assert queue(registry) == (pair,)


def test_the_queue_is_sorted_by_probability_and_paged(registry: Container, ada: Patient) -> None:
    for number, first_name in enumerate(["Ada", "Augusta", "Adah", "Ada", "Zoe"]):
        register(registry, first_name=first_name, email=f"{number}@example.org")
    whole = queue(registry, limit=200)
    assert len(whole) > 4
    assert [pair.probability for pair in whole] == sorted((pair.probability for pair in whole), reverse=True)
    pages: list[DuplicatePair] = []
    after = None
    while len(pages) < len(whole):
        page = registry.list_duplicates()(actor=CLERK, limit=3, after=after)
        pages.extend(page.pairs)
        after = page.next
    assert (tuple(pages), after) == (whole, None)
    middle = whole[len(whole) // 2].probability
    assert queue(registry, min_probability=middle, limit=200) == tuple(
        pair for pair in whole if pair.probability >= middle
    )


@pytest.mark.parametrize(
    "given", [{"state": "new"}, {"min_probability": 2}, {"min_probability": float("nan")}, {"limit": 0}]
)
def test_invalid_filters_are_refused(registry: Container, given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        queue(registry, **given)


def test_review_needs_its_permission(registry: Container, pair: DuplicatePair) -> None:
    with pytest.raises(Forbidden):
        registry.list_duplicates()(actor=READER)
    with pytest.raises(Forbidden):
        registry.decide_duplicate()(actor=READER, pair_id=pair.id, decision="same")
    with pytest.raises(Forbidden):
        registry.start_duplicate_scan()(actor=READER)


def scan(registry: Container, *, full: bool = False) -> Job:
    job = registry.start_duplicate_scan()(actor=CLERK, full=full)
    return registry.run_job()(actor=ADMIN, job_id=job.id)


def test_a_first_scan_checks_all_patients_and_the_next_only_changed_ones(
    registry: Container, ada: Patient, twin: Patient, clock: StillClock
) -> None:
    register(registry, first_name="Eve", last_name="King", email=None, date_of_birth="2001-02-03")
    registry.duplicate_pairs().remove([pair.id for pair in queue(registry)])
    clock.at += timedelta(hours=2)
    first = scan(registry)
    assert (first.state, first.counts, first.total) == (JobState.COMPLETED, {"paired": 1, "unpaired": 2}, 3)
    assert [pair.patient_ids for pair in queue(registry)] == [(ada.id, twin.id)]
    clock.at += timedelta(hours=2)
    assert scan(registry).total == 0
    registry.update_patient()(actor=CLERK, patient_id=twin.id, sex="female")
    clock.at += timedelta(seconds=1)
    assert scan(registry).counts == {"paired": 1}
    clock.at += timedelta(seconds=1)
    assert scan(registry, full=True).total == 3


def test_one_scan_runs_at_a_time_and_can_be_cancelled(registry: Container, ada: Patient, clock: StillClock) -> None:
    job = registry.start_duplicate_scan()(actor=CLERK)
    with pytest.raises(JobUnderWay):
        registry.start_duplicate_scan()(actor=CLERK)
    registry.cancel_job()(actor=CLERK, kind=job.kind, job_id=job.id)
    assert registry.start_duplicate_scan()(actor=CLERK).state is JobState.QUEUED


def test_many_similar_records_do_not_flood_the_queue(registry: Container) -> None:
    rows = b"".join(b"Ada,Byron,1985-12-10,%d@example.org,EHR-%d\n" % (number, number) for number in range(60))
    job = imported(registry, b"first_name,last_name,date_of_birth,email,external_id\n" + rows)
    assert job.counts == {"added": 1, "duplicate": 59}
    for number in range(1, 40):
        register(registry, email=f"{number}@example.org")
    counts = [sum(pair.second_id == one for pair in queue(registry, limit=200)) for one in _ids(registry)]
    assert max(counts) <= 20


def _ids(registry: Container) -> list[object]:
    return [patient.id for patient in registry.patient_listing().list_oldest_first(after=None, limit=100)]
