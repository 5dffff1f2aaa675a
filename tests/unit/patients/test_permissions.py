from collections.abc import Callable

import pytest

from bootstrap import Container
from core.access import Actor, Permission
from core.errors import Forbidden
from core.patients.entities import Patient
from tests.fakes import ADMIN, ScriptedGateway, details

Call = Callable[[Container, Actor, Patient], object]

USE_CASES: dict[str, tuple[Permission, Call]] = {
    "register": (
        Permission.REGISTER_PATIENTS,
        lambda registry, actor, _: registry.register_patient()(actor=actor, **details(email="eve@example.org")),
    ),
    "view": (
        Permission.VIEW_PATIENTS,
        lambda registry, actor, patient: registry.view_patient()(actor=actor, patient_id=patient.id),
    ),
    "search": (
        Permission.VIEW_PATIENTS,
        lambda registry, actor, patient: registry.search_patients()(actor=actor, external_id=str(patient.external_id)),
    ),
    "update": (
        Permission.UPDATE_PATIENTS,
        lambda registry, actor, patient: registry.update_patient()(
            actor=actor, patient_id=patient.id, first_name="Augusta"
        ),
    ),
    "erase": (
        Permission.ERASE_PATIENTS,
        lambda registry, actor, patient: registry.erase_patient()(actor=actor, patient_id=patient.id),
    ),
    "history": (
        Permission.VIEW_PATIENTS,
        lambda registry, actor, patient: registry.view_history()(actor=actor, patient_id=patient.id),
    ),
    "changes": (
        Permission.VIEW_PATIENTS,
        lambda registry, actor, _: registry.follow_changes()(actor=actor),
    ),
    "restart changes": (
        Permission.RESTART_CHANGES,
        lambda registry, actor, _: registry.restart_changes()(actor=actor),
    ),
    "sync": (
        Permission.SYNC_PATIENTS,
        lambda registry, actor, patient: registry.sync_patient()(actor=actor, patient_id=patient.id),
    ),
    "create user": (
        Permission.MANAGE_USERS,
        lambda registry, actor, _: registry.create_user()(
            actor=actor, email="eve@example.org", password="correct horse", role="reader"
        ),
    ),
}


@pytest.fixture
def patient(registry: Container) -> Patient:
    return registry.register_patient()(actor=ADMIN, **details(external_id="x7"))


@pytest.mark.parametrize("name", USE_CASES)
def test_without_its_permission_a_use_case_does_nothing(
    name: str, registry: Container, patient: Patient, gateway: ScriptedGateway
) -> None:
    permission, call = USE_CASES[name]
    nearly_all = Actor("user:x", frozenset(Permission) - {permission}, "request")
    gateway.answer = {"first_name": "Augusta"}
    with pytest.raises(Forbidden, match=permission):
        call(registry, nearly_all, patient)
    assert registry.search_patients()(actor=ADMIN).patients == (patient,)
    assert len(registry.view_history()(actor=ADMIN, patient_id=patient.id).events) == 1
    assert registry.store().users == {}
    assert gateway.asked == []


@pytest.mark.parametrize(
    "name", [name for name in USE_CASES if name != "create user"]
)  # nobody gives permissions that they lack
def test_its_permission_is_all_a_use_case_needs(
    name: str, registry: Container, patient: Patient, gateway: ScriptedGateway
) -> None:
    permission, call = USE_CASES[name]
    gateway.answer = {"first_name": "Augusta"}
    call(registry, Actor("user:x", frozenset({permission}), "request"), patient)


@pytest.mark.parametrize("name", USE_CASES)
def test_a_refused_actor_cannot_tell_whether_the_patient_exists(
    name: str, registry: Container, patient: Patient
) -> None:
    _, call = USE_CASES[name]
    registry.erase_patient()(actor=ADMIN, patient_id=patient.id)
    with pytest.raises(Forbidden):
        call(registry, Actor("user:x", frozenset(), "request"), patient)
