"""Database constraints reject what the core rejects, even when SQL bypasses our code."""

import pytest
from django.db import DataError, IntegrityError

from bootstrap import Container
from core.access import Role
from core.patients.audit import Action, AuditEvent
from core.patients.values import Identifier
from tests.contracts.conftest import POSTGRES, SQLITE
from tests.contracts.examples import account_event, job, person, service, sql, sync_outcome, user
from tests.databases import unprotected
from tests.fakes import CLERK, NOW

pytestmark = pytest.mark.parametrize("database", [SQLITE, POSTGRES])


@pytest.fixture(autouse=True)
def rows(registry: Container) -> None:
    for number in (1, 2):
        patient = person(number, phone="+12015550123", identifiers=(Identifier("mrn", str(number)),))
        registry.patients().add(patient)
        event = AuditEvent.of(Action.REGISTERED, CLERK, NOW, "salt", before=None, after=patient)
        registry.trail().record([event])
        registry.users().add(user(number), "hashed")
        registry.service_accounts().add(service(number))
        registry.account_trail().record(account_event(number))
    registry.trail().record([AuditEvent.erased(CLERK, NOW, person(1))])
    registry.jobs().add(job())
    registry.sync_results().record(job().id, [sync_outcome(1), sync_outcome(2)])


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("patients_patient", "email", "p1@example.org"),
        ("patients_patient", "email", "Ada@Example.org"),
        ("patients_patient", "email_shared", None),
        ("patients_patient", "external_id", "x1"),
        ("patients_patient", "external_id", ""),
        ("patients_patient", "external_id", "x" * 201),
        ("patients_patient", "first_name", ""),
        ("patients_patient", "first_name", "x" * 101),
        ("patients_patient", "last_name", ""),
        ("patients_patient", "last_name", "x" * 101),
        ("patients_patient", "phone", ""),
        ("patients_patient", "phone", "2015550123"),
        ("patients_patient", "date_of_birth", None),
        ("patients_patient", "date_of_birth_estimated", None),
        ("patients_patient", "deceased", None),
        ("patients_patient", "sex", "f"),
        ("patients_patient", "sex", ""),
        ("patients_patient", "status", "dead"),
        ("patients_patient", "version", 0),
        ("patients_patient", "version", -1),
        ("patients_identifier", "value", "1"),
        ("patients_identifier", "value", ""),
        ("patients_identifier", "value", "x" * 101),
        ("patients_identifier", "system", ""),
        ("patients_identifier", "system", "x" * 201),
        ("patients_patientevent", "version", 1),
        ("patients_patientevent", "action", "forgotten"),
        ("accounts_user", "email", "u1@example.org"),
        ("accounts_user", "email", "Ada@Example.org"),
        ("accounts_user", "role", "boss"),
        ("accounts_user", "session_epoch", -1),
        ("accounts_serviceaccount", "name", "service-1"),
        ("accounts_serviceaccount", "role", "boss"),
        ("accounts_accountevent", "action", "forgotten"),
        ("jobs_job", "kind", "export"),
        ("jobs_job", "state", "lost"),
        ("jobs_job", "total", -1),
        ("sync_syncjobresult", "outcome", "stale"),
        ("sync_syncjobresult", "patient_id", person(1).id.hex),
    ],
)
def test_the_database_rejects_invalid_values(database: str, table: str, column: str, value: object) -> None:
    with pytest.raises((IntegrityError, DataError)), unprotected(database):
        sql(database, f"UPDATE {table} SET {column} = %s", value)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("patients_patient", "first_name", "é" * 100),
        ("patients_patient", "first_name", None),
        ("patients_patient", "last_name", None),
        ("patients_patient", "email", None),
        ("patients_patient", "phone", None),
        ("patients_patient", "date_of_birth", ""),
        ("patients_patient", "date_of_birth", "1985-12"),
        ("patients_patient", "last_synced_at", NOW),
        ("patients_identifier", "system", "é" * 200),
        ("accounts_user", "role", Role.AUTHOR.value),
    ],
)
def test_the_database_accepts_valid_values(database: str, table: str, column: str, value: object) -> None:
    sql(database, f"UPDATE {table} SET {column} = %s", value)


def test_the_database_rejects_a_patient_without_names(database: str) -> None:
    with pytest.raises(IntegrityError):
        sql(database, "UPDATE patients_patient SET first_name = NULL, last_name = NULL")


def test_the_database_accepts_a_shared_email(database: str) -> None:
    sql(database, "UPDATE patients_patient SET email_shared = %s WHERE external_id = 'x2'", True)
    sql(database, "UPDATE patients_patient SET email = 'p1@example.org'")
    with pytest.raises(IntegrityError):
        sql(database, "UPDATE patients_patient SET email_shared = %s", False)


def test_the_database_accepts_an_identifier_of_two_patients_in_a_shared_system(database: str) -> None:
    sql(database, "UPDATE patients_identifier SET is_unique = %s", False)
    sql(database, "UPDATE patients_identifier SET value = '1'")
    with pytest.raises(IntegrityError):
        sql(database, "UPDATE patients_identifier SET is_unique = %s", True)


def test_deleting_a_patient_keeps_its_events(registry: Container) -> None:
    registry.patients().remove(person(1).id)
    assert len(registry.trail().history(person(1).id, before_version=None, limit=9)) == 2
