"""Simultaneous calls."""

from collections import Counter
from threading import Event, Thread
from time import sleep
from uuid import UUID

import pytest
from attrs import evolve
from django.db import connections

from core.accounts.entities import User
from core.accounts.errors import (
    LastAdmin,
    ResetCodeRefused,
    ServiceNameTaken,
    TokenRefused,
    TooManyKeys,
    UserEmailTaken,
)
from core.errors import Conflict, VersionMismatch
from core.patients.entities import Changes, Patient
from core.patients.errors import EmailTaken
from core.patients.search import PatientQuery
from core.patients.values import Identifier
from tests.contracts.conftest import MEMORY, POSTGRES, SQLITE, open_registry
from tests.contracts.examples import person, together
from tests.fakes import ADMIN, CLERK, details

EVERYWHERE = pytest.mark.parametrize("database", [MEMORY, SQLITE, POSTGRES])


@EVERYWHERE
def test_two_hundred_simultaneous_registrations_of_one_email_add_one_patient(database: str) -> None:
    registry = open_registry(database)
    register = registry.register_patient()
    outcomes = together(200, lambda number: register(actor=CLERK, **details(first_name=f"Ada {number}")))
    (patient,) = [outcome for outcome in outcomes if isinstance(outcome, Patient)]
    refusals = [outcome for outcome in outcomes if isinstance(outcome, EmailTaken)]
    assert len(refusals) == 199
    assert {refusal.holder for refusal in refusals} == {patient.id}
    assert registry.patient_search().find(PatientQuery()).patients == (patient,)
    assert len(registry.view_history()(actor=CLERK, patient_id=patient.id).events) == 1


@pytest.mark.parametrize("database", [SQLITE])
def test_the_threads_of_a_process_write_one_after_another(database: str) -> None:
    registry = open_registry(database)
    register = registry.register_patient()
    order: list[int] = []

    def fill(number: int) -> None:
        for one in range(10):
            register(actor=CLERK, **details(email=f"{number}-{one}@example.org"))
            order.append(number)

    assert together(12, fill) == [None] * 12
    halfway = Counter(order[:60])
    assert min(halfway[number] for number in range(12)) >= 2


@EVERYWHERE
def test_simultaneous_creations_of_users_with_one_email_add_one_user(database: str) -> None:
    create = open_registry(database).create_user()
    email, password = "ada@example.org", "correct horse"
    outcomes = together(8, lambda _: create(actor=ADMIN, email=email, password=password, role="reader"))
    assert sum(isinstance(outcome, UserEmailTaken) for outcome in outcomes) == 7
    assert sum(isinstance(outcome, User) for outcome in outcomes) == 1


@EVERYWHERE
def test_only_one_of_a_hundred_updates_of_the_same_version_succeeds(database: str) -> None:
    registry = open_registry(database)
    patient = registry.register_patient()(actor=CLERK, **details())
    update = registry.update_patient()

    def rename(number: int) -> Patient:
        return update(actor=CLERK, patient_id=patient.id, expected_version=1, first_name=f"Ada {number}")

    outcomes = together(100, rename)
    assert sum(isinstance(outcome, VersionMismatch) for outcome in outcomes) == 99
    (changed,) = [outcome for outcome in outcomes if isinstance(outcome, Patient)]
    assert registry.patients().get(patient.id) == changed


@EVERYWHERE
def test_simultaneous_updates_of_different_fields_are_all_kept(database: str) -> None:
    registry = open_registry(database)
    patient = registry.register_patient()(actor=CLERK, **details())
    update = registry.update_patient()
    changes: list[Changes] = [
        {"first_name": "Eve"},
        {"last_name": "King"},
        {"phone": "+12015550123"},
        {"email": "eve@example.org"},
    ]
    together(4, lambda number: update(actor=CLERK, patient_id=patient.id, **changes[number]))
    after = registry.patients().get(patient.id)
    assert (after.full_name, after.phone, after.email) == ("Eve King", "+12015550123", "eve@example.org")
    events = registry.view_history()(actor=CLERK, patient_id=patient.id).events
    assert [event.version for event in events] == [5, 4, 3, 2, 1]


@EVERYWHERE
def test_at_most_one_of_twenty_simultaneous_uses_of_a_refresh_token_succeeds(database: str) -> None:
    registry = open_registry(database)
    email, password = "ada@example.org", "correct horse"
    registry.create_user()(actor=ADMIN, email=email, password=password, role="reader")
    pair = registry.sign_in()(email=email, password=password)
    refresh = registry.refresh_session()
    outcomes = together(20, lambda _: refresh(refresh=pair.refresh))
    (newer,) = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert sum(isinstance(outcome, TokenRefused) for outcome in outcomes) == 19
    with pytest.raises(TokenRefused):
        refresh(refresh=newer.refresh)


@EVERYWHERE
def test_one_of_several_simultaneous_uses_of_a_reset_code_succeeds(database: str) -> None:
    registry = open_registry(database)
    email, passwords = "ada@example.org", [f"battery staple {number}" for number in range(4)]
    ada = registry.create_user()(actor=ADMIN, email=email, password="correct horse", role="reader")
    _, code = registry.issue_password_reset()(actor=ADMIN, user_id=ada.id)
    reset = registry.reset_password()
    outcomes = together(4, lambda number: reset(code=code, password=passwords[number]))
    assert sum(isinstance(outcome, ResetCodeRefused) for outcome in outcomes) == 3
    assert registry.sign_in()(email=email, password=passwords[outcomes.index(None)])


@EVERYWHERE
def test_admins_who_disable_each_other_simultaneously_leave_one_active(database: str) -> None:
    registry = open_registry(database)
    create, update = registry.create_user(), registry.update_user()
    admins = [
        create(actor=ADMIN, email=f"a{number}@example.org", password="correct horse", role="admin")
        for number in range(3)
    ]
    outcomes = together(6, lambda number: update(actor=ADMIN, user_id=admins[number % 3].id, is_active=False))
    assert sum(isinstance(outcome, LastAdmin) for outcome in outcomes) >= 1
    assert all(isinstance(outcome, LastAdmin | User) for outcome in outcomes)
    (left,) = registry.list_users()(actor=ADMIN, is_active=True).items
    assert left in admins


@EVERYWHERE
def test_an_admin_promoted_while_the_other_is_disabled_stays_active(database: str) -> None:
    registry = open_registry(database)
    create, update = registry.create_user(), registry.update_user()
    old, new = (
        create(actor=ADMIN, email=f"{role}@example.org", password="correct horse", role=role)
        for role in ("admin", "reader")
    )
    outcomes: list[User | Exception] = []

    def disable() -> None:
        outcomes.extend(together(1, lambda _: update(actor=ADMIN, user_id=new.id, is_active=False)))

    other = Thread(target=disable)

    def enqueue() -> None:
        update(actor=ADMIN, user_id=new.id, role="admin")
        update(actor=ADMIN, user_id=old.id, role="reader")
        other.start()
        other.join(timeout=0.5)  # it waits for this transaction, without an event that shows it

    registry.atomic()(enqueue)
    other.join(timeout=30)
    assert [type(outcome) for outcome in outcomes] == [LastAdmin]
    assert registry.users().get(new.id).is_active_admin


@EVERYWHERE
def test_simultaneous_key_creations_respect_the_limit_of_two(database: str) -> None:
    registry = open_registry(database)
    account = registry.create_service_account()(actor=ADMIN, name="lab", role="clerk")
    make = registry.create_service_key()
    outcomes = together(6, lambda number: make(actor=ADMIN, account_id=account.id, name=f"key {number}"))
    assert sum(isinstance(outcome, TooManyKeys) for outcome in outcomes) == 4
    assert len(registry.service_accounts().get(account.id).keys) == 2


@EVERYWHERE
def test_simultaneous_creations_of_one_service_account_name_add_one(database: str) -> None:
    registry = open_registry(database)
    create = registry.create_service_account()
    outcomes = together(6, lambda _: create(actor=ADMIN, name="lab", role="clerk"))
    assert sum(isinstance(outcome, ServiceNameTaken) for outcome in outcomes) == 5
    assert len(registry.list_service_accounts()(actor=ADMIN).items) == 1


@EVERYWHERE
def test_two_simultaneous_swaps_of_identifiers_both_finish(database: str) -> None:
    registry = open_registry(database)
    patients, atomic = registry.patients(), registry.atomic()
    for number in (0, 1):
        patients.add(person(number, identifiers=(Identifier("mrn", str(number)),)))

    def swap(number: int) -> list[UUID]:
        def work() -> list[UUID]:
            pair = [patients.lock(person(one).id) for one in (0, 1)]
            freed = [evolve(patient, identifiers=()) for patient in pair]
            swapped = [
                evolve(one, identifiers=other.identifiers) for one, other in zip(pair, reversed(pair), strict=True)
            ]
            for before, after in [*zip(pair, freed, strict=True), *zip(freed, swapped, strict=True)]:
                patients.replace(before, after)
            return [patient.id for patient in swapped]

        return atomic(work)

    assert together(2, swap) == [[person(0).id, person(1).id]] * 2
    assert patients.get(person(0).id).identifiers == (Identifier("mrn", "0"),)


@pytest.mark.parametrize("database", [POSTGRES])
def test_add_all_reports_patients_that_another_transaction_added_in_the_meantime(database: str) -> None:
    registry = open_registry(database)
    added, commit = Event(), Event()

    def add_one_and_wait() -> None:
        registry.patients().add(person(16, email=person(6).email))
        added.set()
        assert commit.wait(timeout=30)

    def add_many() -> dict[UUID, Conflict]:
        assert added.wait(timeout=30)
        return registry.patients_for_import().add_all([person(number) for number in range(2, 9)])

    def work(number: int) -> object:
        if number == 0:
            return registry.atomic()(add_one_and_wait)
        if number == 1:
            return registry.atomic()(add_many)
        while not waiting_for_a_lock(database):
            sleep(0.01)
        commit.set()
        return None

    _, refused, _ = together(3, work)
    assert isinstance(refused, dict), refused
    assert refused.keys() == {person(6).id}
    assert len(registry.patients_for_import().get_all([person(number).id for number in range(2, 9)])) == 6


def waiting_for_a_lock(database: str) -> bool:
    with connections[database].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone() != (0,)
