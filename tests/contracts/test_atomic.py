from collections.abc import Callable
from uuid import UUID

import pytest
from attrs import evolve

from bootstrap import Container
from core.accounts.errors import UserNotFound
from core.accounts.sessions import RefreshFamily
from core.patients.audit import Action, AuditEvent
from core.patients.errors import EmailTaken
from core.patients.search import PatientQuery
from core.patients.values import Identifier
from core.ports import Atomic, TransactionAborted
from core.sync.merge import UpstreamSnapshot
from tests.contracts.examples import person, user
from tests.fakes import CLERK, NOW


class Failure(Exception):
    pass


def fail() -> None:
    raise Failure


def everybody(registry: Container) -> set[UUID]:
    return {patient.id for patient in registry.patient_search().find(PatientQuery()).patients}


def write_everywhere(registry: Container) -> None:
    patient = person(1, identifiers=(Identifier("mrn", "7"),))
    registry.patients().add(patient)
    registry.trail().record([AuditEvent.of(Action.REGISTERED, CLERK, NOW, "salt", before=None, after=patient)])
    registry.snapshots().save({patient.id: UpstreamSnapshot("x1", {}, NOW)})
    registry.users().add(user(), "correct horse")
    family = RefreshFamily(id=UUID(int=1), user_id=user().id, session_epoch=1, token_id=UUID(int=2), expires_at=NOW)
    registry.families().add(family)


def written(registry: Container) -> list[bool]:
    patient_id = person(1).id
    try:
        registry.users().get(user().id)
    except UserNotFound:
        known = False
    else:
        known = True
    family = registry.atomic()(lambda: registry.families().lock(UUID(int=1)))
    history = registry.trail().history(patient_id, before_version=None, limit=1)
    copy = registry.snapshots().get(patient_id)
    return [bool(everybody(registry)), known, family is not None, bool(history), copy is not None]


def test_work_that_ends_is_stored_and_its_result_is_given_back(registry: Container) -> None:
    def work() -> str:
        write_everywhere(registry)
        return "done"

    assert registry.atomic()(work) == "done"
    assert all(written(registry))


@pytest.mark.parametrize("error", [Failure, KeyboardInterrupt])
def test_work_that_fails_stores_nothing_at_all(registry: Container, error: type[BaseException]) -> None:
    def work() -> None:
        write_everywhere(registry)
        raise error

    with pytest.raises(error):
        registry.atomic()(work)
    assert not any(written(registry))
    registry.atomic()(lambda: write_everywhere(registry))
    assert all(written(registry))


def test_work_that_fails_takes_back_what_it_changed_and_removed(registry: Container) -> None:
    changed, removed = person(1, identifiers=(Identifier("mrn", "7"),)), person(2)
    told = AuditEvent.of(Action.REGISTERED, CLERK, NOW, "salt", before=None, after=removed)
    patients = registry.patients()
    for patient in (changed, removed):
        patients.add(patient)
    registry.trail().record([told])
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
    assert registry.trail().history(removed.id, before_version=None, limit=1) == (told,)
    assert registry.snapshots().get(removed.id) is not None


def nested(atomic: Atomic, *levels: Callable[[], object]) -> object:
    """Each level's work, and then the next level in an atomic of its own."""

    def work() -> object:
        levels[0]()
        return nested(atomic, *levels[1:]) if len(levels) > 1 else None

    return atomic(work)


def test_a_nested_call_joins_the_outer_one(registry: Container) -> None:
    patients, atomic = registry.patients(), registry.atomic()
    nested(
        atomic, lambda: patients.add(person(1)), lambda: patients.add(person(2)), lambda: patients.lock(person(1).id)
    )
    assert everybody(registry) == {person(1).id, person(2).id}


def test_what_a_nested_call_did_goes_when_the_outer_one_fails(registry: Container) -> None:
    def work() -> None:
        registry.atomic()(lambda: registry.patients().add(person(1)))
        fail()

    with pytest.raises(Failure):
        registry.atomic()(work)
    assert everybody(registry) == set()


def test_an_error_that_leaves_a_nested_call_leaves_the_whole(registry: Container) -> None:
    with pytest.raises(Failure):
        nested(registry.atomic(), lambda: registry.patients().add(person(1)), lambda: None, fail)
    assert everybody(registry) == set()


@pytest.mark.parametrize("depth", [1, 2])
def test_an_error_caught_outside_a_nested_call_dooms_the_whole(registry: Container, depth: int) -> None:
    def work() -> None:
        registry.patients().add(person(1))
        with pytest.raises(Failure):
            nested(registry.atomic(), *[lambda: registry.patients().add(person(2))][: depth - 1], fail)

    with pytest.raises(TransactionAborted):
        registry.atomic()(work)
    assert everybody(registry) == set()
    registry.atomic()(lambda: registry.patients().add(person(1)))
    assert everybody(registry) == {person(1).id}


def test_a_refusal_caught_inside_does_not_lose_the_rest(registry: Container) -> None:
    def work() -> None:
        registry.patients().add(person(1))
        with pytest.raises(EmailTaken):
            registry.patients().add(person(2, email=person(1).email))
        registry.patients().add(person(3))

    registry.atomic()(work)
    assert everybody(registry) == {person(1).id, person(3).id}
