from collections.abc import Callable
from uuid import UUID

import pytest
from attrs import evolve

from bootstrap import Container
from core.accounts.errors import UserNotFound
from core.accounts.sessions import RefreshFamily
from core.patients.audit import Action, AuditEvent
from core.patients.errors import EmailTaken, PatientNotFound
from core.patients.search import PatientQuery
from core.patients.values import Identifier
from core.ports import Atomic, TransactionAborted
from core.sync.merge import UpstreamSnapshot
from tests.contracts.examples import person, user
from tests.fakes import CLERK, NOW

own_atomic = pytest.mark.ports("patients", "atomic")


class Failure(Exception):
    pass


def fail() -> None:
    raise Failure


def stored(registry: Container) -> list[int]:
    """The numbers of the patients that are stored."""
    return [number for number in (1, 2, 3) if is_stored(registry, number)]


def is_stored(registry: Container, number: int) -> bool:
    try:
        return registry.patients().get(person(number).id) == person(number)
    except PatientNotFound:
        return False


def write_everywhere(registry: Container) -> None:
    patient = person(1, identifiers=(Identifier("mrn", "7"),))
    registry.patients().add(patient)
    registry.trail().record([AuditEvent.of(Action.REGISTERED, CLERK, NOW, "salt", before=None, after=patient)])
    registry.snapshots().save({patient.id: UpstreamSnapshot("x1", {}, NOW)})
    registry.users().add(user(), "correct horse")
    family = RefreshFamily(
        id=UUID(int=1),
        user_id=user().id,
        session_epoch=1,
        token_id=UUID(int=2),
        started_at=NOW,
        refreshed_at=NOW,
        expires_at=NOW,
    )
    registry.families().add(family)


def written(registry: Container) -> list[bool]:
    patient_id = person(1).id
    try:
        registry.users().get(user().id)
    except UserNotFound:
        has_user = False
    else:
        has_user = True
    family = registry.atomic()(lambda: registry.families().lock(UUID(int=1)))
    history = registry.trail().history(patient_id, before_version=None, limit=1)
    snapshot = registry.snapshots().get(patient_id)
    found = registry.patient_search().find(PatientQuery()).patients
    return [bool(found), has_user, family is not None, bool(history), snapshot is not None]


def test_completed_work_is_committed_and_its_result_returned(registry: Container) -> None:
    def work() -> str:
        write_everywhere(registry)
        return "done"

    assert registry.atomic()(work) == "done"
    assert all(written(registry))


@pytest.mark.parametrize("error", [Failure, KeyboardInterrupt])
def test_failed_work_stores_nothing(registry: Container, error: type[BaseException]) -> None:
    def work() -> None:
        write_everywhere(registry)
        raise error

    with pytest.raises(error):
        registry.atomic()(work)
    assert not any(written(registry))
    registry.atomic()(lambda: write_everywhere(registry))
    assert all(written(registry))


def test_failed_work_rolls_back_updates_and_deletions(registry: Container) -> None:
    changed, removed = person(1, identifiers=(Identifier("mrn", "7"),)), person(2)
    event = AuditEvent.of(Action.REGISTERED, CLERK, NOW, "salt", before=None, after=removed)
    patients = registry.patients()
    for patient in (changed, removed):
        patients.add(patient)
    registry.trail().record([event])
    registry.snapshots().save({removed.id: UpstreamSnapshot("x2", {}, NOW)})

    def work() -> None:
        before = patients.lock(changed.id)
        patients.replace(before, evolve(before, last_name="King", identifiers=()))
        patients.remove(removed.id)
        registry.trail().forget_values(removed.id)
        fail()

    with pytest.raises(Failure):
        registry.atomic()(work)
    assert [patients.get(patient.id) for patient in (changed, removed)] == [changed, removed]
    assert registry.patient_search().find(PatientQuery(words=(("king",),))).patients == ()
    assert registry.patient_search().find(PatientQuery(identifier=Identifier("mrn", "7"))).patients == (changed,)
    assert registry.trail().history(removed.id, before_version=None, limit=1) == (event,)
    assert registry.snapshots().get(removed.id) is not None


@own_atomic
@pytest.mark.parametrize("error", [Failure, KeyboardInterrupt])
def test_failed_work_rolls_back_every_kind_of_write(registry: Container, error: type[BaseException]) -> None:
    patients = registry.patients()
    for number in (1, 2):
        patients.add(person(number))

    def work() -> None:
        before = patients.lock(person(1).id)
        patients.replace(before, evolve(before, last_name="King"))
        patients.remove(person(2).id)
        patients.add(person(3))
        raise error

    with pytest.raises(error):
        registry.atomic()(work)
    assert stored(registry) == [1, 2]
    assert registry.atomic()(lambda: patients.lock(person(1).id)) == person(1)


def nested(atomic: Atomic, *levels: Callable[[], object]) -> object:
    """Runs each level in a transaction nested in that of the level before."""

    def work() -> object:
        levels[0]()
        return nested(atomic, *levels[1:]) if len(levels) > 1 else None

    return atomic(work)


@own_atomic
def test_a_nested_call_joins_the_outer_transaction(registry: Container) -> None:
    patients, atomic = registry.patients(), registry.atomic()
    nested(
        atomic, lambda: patients.add(person(1)), lambda: patients.add(person(2)), lambda: patients.lock(person(1).id)
    )
    assert stored(registry) == [1, 2]


@own_atomic
def test_work_of_a_nested_call_is_rolled_back_when_the_outer_call_fails(registry: Container) -> None:
    def work() -> None:
        registry.atomic()(lambda: registry.patients().add(person(1)))
        fail()

    with pytest.raises(Failure):
        registry.atomic()(work)
    assert stored(registry) == []


@own_atomic
def test_an_error_of_a_nested_call_propagates_and_rolls_back_everything(registry: Container) -> None:
    with pytest.raises(Failure):
        nested(registry.atomic(), lambda: registry.patients().add(person(1)), lambda: None, fail)
    assert stored(registry) == []


@own_atomic
@pytest.mark.parametrize("depth", [1, 2])
def test_catching_an_error_of_a_nested_call_aborts_the_transaction(registry: Container, depth: int) -> None:
    def work() -> None:
        registry.patients().add(person(1))
        with pytest.raises(Failure):
            nested(registry.atomic(), *[lambda: registry.patients().add(person(2))][: depth - 1], fail)

    with pytest.raises(TransactionAborted):
        registry.atomic()(work)
    assert stored(registry) == []
    registry.atomic()(lambda: registry.patients().add(person(1)))
    assert stored(registry) == [1]


@own_atomic
def test_catching_a_conflict_keeps_the_rest_of_the_transaction(registry: Container) -> None:
    def work() -> None:
        registry.patients().add(person(1))
        with pytest.raises(EmailTaken):
            registry.patients().add(person(2, email=person(1).email))
        registry.patients().add(person(3))

    registry.atomic()(work)
    assert stored(registry) == [1, 3]
