"""A new version of the registry on a database with pending migrations is unavailable, but does not crash."""

from collections.abc import Callable, Generator

import pytest
from django.db import IntegrityError, ProgrammingError

from bootstrap import Container
from core.errors import Unavailable
from core.patients.entities import Patient
from tests.contracts.conftest import POSTGRES, SQLITE
from tests.contracts.examples import sql, together
from tests.fakes import ADMIN, CLERK, READER, details

MISSING = {
    "a column": (
        "ALTER TABLE patients_patient RENAME COLUMN phone TO former_phone",
        "ALTER TABLE patients_patient RENAME COLUMN former_phone TO phone",
    ),
    "a table": (
        "ALTER TABLE patients_patientevent RENAME TO former_event",
        "ALTER TABLE former_event RENAME TO patients_patientevent",
    ),
}
on_postgres = pytest.mark.parametrize("database", [POSTGRES])


@pytest.fixture
def ada(registry: Container) -> Patient:
    return registry.register_patient()(actor=CLERK, **details())


@pytest.fixture
def before_migrations(database: str, ada: Patient) -> Generator[None]:
    sql(database, "UPDATE django_migrations SET app = 'elsewhere' WHERE app = 'patients'")
    yield
    sql(database, "UPDATE django_migrations SET app = 'patients' WHERE app = 'elsewhere'")


@pytest.fixture
def missing(database: str, request: pytest.FixtureRequest) -> Generator[None]:
    remove, put_back = MISSING[request.param]
    sql(database, remove)
    yield
    sql(database, put_back)


def read_record_and_history(registry: Container, patient: Patient) -> None:
    registry.view_patient()(actor=READER, patient_id=patient.id)
    registry.view_history()(actor=READER, patient_id=patient.id)


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
@pytest.mark.parametrize("missing", MISSING, indirect=True)
def test_a_missing_column_or_table_is_unavailable_while_migrations_are_pending(
    registry: Container, ada: Patient, before_migrations: None, missing: None
) -> None:
    with pytest.raises(Unavailable):
        registry.register_patient()(actor=CLERK, **details(email="eve@example.org"))
    with pytest.raises(Unavailable):
        registry.update_patient()(actor=CLERK, patient_id=ada.id, phone="+12015550123")
    with pytest.raises(Unavailable):
        registry.erase_patient()(actor=ADMIN, patient_id=ada.id)
    with pytest.raises(Unavailable):
        read_record_and_history(registry, ada)


@on_postgres
def test_a_value_the_old_column_rejects_is_unavailable_while_migrations_are_pending(
    registry: Container, ada: Patient, before_migrations: None, database: str
) -> None:
    sql(database, "ALTER TABLE patients_patient ADD CONSTRAINT former_rule CHECK (phone IS NULL) NOT VALID")
    try:
        with pytest.raises(Unavailable):
            registry.update_patient()(actor=CLERK, patient_id=ada.id, phone="+12015550123")
    finally:
        sql(database, "ALTER TABLE patients_patient DROP CONSTRAINT former_rule")


@on_postgres
@pytest.mark.parametrize("missing", ["a column"], indirect=True)
def test_a_missing_column_is_a_bug_when_all_migrations_are_applied(
    registry: Container, ada: Patient, missing: None
) -> None:
    with pytest.raises(ProgrammingError):
        registry.update_patient()(actor=CLERK, patient_id=ada.id, phone="+12015550123")


@on_postgres
def test_an_unknown_constraint_violation_is_a_bug_when_all_migrations_are_applied(
    registry: Container, ada: Patient, database: str
) -> None:
    sql(database, "ALTER TABLE patients_patient ADD CONSTRAINT other_rule CHECK (phone IS NULL) NOT VALID")
    try:
        with pytest.raises(IntegrityError):
            registry.update_patient()(actor=CLERK, patient_id=ada.id, phone="+12015550123")
    finally:
        sql(database, "ALTER TABLE patients_patient DROP CONSTRAINT other_rule")


@on_postgres
@pytest.mark.parametrize("use_case", ["view", "update", "search"])
def test_a_statement_prepared_before_a_migration_is_prepared_again(
    registry: Container, ada: Patient, database: str, use_case: str
) -> None:
    letters = iter("abcdefghijklmnop")
    call: Callable[[], object] = {
        "view": lambda: registry.view_patient()(actor=READER, patient_id=ada.id),
        "update": lambda: registry.update_patient()(actor=CLERK, patient_id=ada.id, first_name=f"Ada {next(letters)}"),
        "search": lambda: registry.search_patients()(actor=READER, status="active"),
    }[use_case]
    for _ in range(10):
        call()
    in_another_connection(database, "ALTER TABLE patients_patient ALTER COLUMN last_name TYPE varchar(200)")
    try:
        if use_case == "search":
            with pytest.raises(Unavailable):
                call()
        call()
    finally:
        in_another_connection(database, "ALTER TABLE patients_patient ALTER COLUMN last_name TYPE varchar(100)")


def in_another_connection(database: str, statement: str) -> None:
    together(1, lambda _: sql(database, statement))
