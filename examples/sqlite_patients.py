"""A patient repository on plain sqlite3: five methods, and transactions on the same connection, for one thread.

PYTHONPATH=src .venv/bin/python examples/sqlite_patients.py patients.sqlite3
"""

import sqlite3
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from cattrs.preconf.json import make_converter
from dependency_injector.providers import Object

from bootstrap import Container, in_memory_registry
from core.access import Actor
from core.errors import Unavailable
from core.patients.dates import PartialDate
from core.patients.entities import Patient
from core.patients.errors import EmailTaken, ExternalIdTaken, IdentifierTaken, PatientNotFound
from core.patients.identifier_systems import IdentifierSystems
from core.patients.ports import PatientRepository
from core.ports import Atomic, TransactionAborted, TransactionRequired

T = TypeVar("T")

TABLES = """PRAGMA foreign_keys = ON;
CREATE TABLE IF NOT EXISTS patients (id TEXT PRIMARY KEY, email TEXT UNIQUE, external_id TEXT UNIQUE, record TEXT);
CREATE TABLE IF NOT EXISTS identifiers (
    system TEXT, value TEXT, patient_id TEXT REFERENCES patients ON DELETE CASCADE, PRIMARY KEY (system, value)
);
"""
CONVERTER = make_converter()
CONVERTER.register_unstructure_hook(UUID, str)
CONVERTER.register_structure_hook(UUID, lambda raw, _: UUID(raw))
CONVERTER.register_structure_hook_func(
    lambda cls: cls == bool | PartialDate, lambda raw, _: raw if isinstance(raw, bool) else PartialDate(**raw)
)
DELETE = "DELETE FROM patients WHERE id = ?"


class SqlitePatientRepository(PatientRepository):
    def __init__(self, connection: sqlite3.Connection, identifier_systems: IdentifierSystems) -> None:
        self._connection = connection
        self._systems = identifier_systems

    def get(self, patient_id: UUID) -> Patient:
        with unavailable():
            row = self._one("SELECT record FROM patients WHERE id = ?", patient_id.hex)
        if row is None:
            raise PatientNotFound
        return read_record(row)

    def lock(self, patient_id: UUID) -> Patient:
        """`SqliteAtomic` has locked the whole database."""
        if not self._connection.in_transaction:
            raise TransactionRequired
        return self.get(patient_id)

    def add(self, patient: Patient) -> None:
        with self._savepoint():
            self._insert(patient)

    def replace(self, before: Patient, after: Patient) -> None:
        with self._savepoint():
            self._connection.execute(DELETE, (before.id.hex,))
            self._insert(after)

    def remove(self, patient_id: UUID) -> None:
        with self._savepoint():
            self._connection.execute(DELETE, (patient_id.hex,))

    def _insert(self, patient: Patient) -> None:
        email = None if patient.email_shared else patient.email
        identifiers = self._systems.unique_of(patient.identifiers)
        if holder := self._one("SELECT id FROM patients WHERE email = ?", email):
            raise EmailTaken(UUID(holder))
        if holder := self._one("SELECT id FROM patients WHERE external_id = ?", patient.external_id):
            raise ExternalIdTaken(UUID(holder))
        for each in identifiers:
            same = "SELECT patient_id FROM identifiers WHERE (system, value) = (?, ?)"
            if holder := self._one(same, each.system, each.value):
                raise IdentifierTaken(UUID(holder))
        row = patient.id.hex, email, patient.external_id, CONVERTER.dumps(patient)
        self._connection.execute("INSERT INTO patients VALUES (?, ?, ?, ?)", row)
        rows = [(each.system, each.value, patient.id.hex) for each in identifiers]
        self._connection.executemany("INSERT INTO identifiers VALUES (?, ?, ?)", rows)

    def _one(self, query: str, *values: str | None) -> str | None:
        return next((value for (value,) in self._connection.execute(query, values)), None)

    @contextmanager
    def _savepoint(self) -> Generator[None]:
        """An error undoes what was written inside it, and leaves the transaction around it usable."""
        with unavailable():
            self._connection.execute("SAVEPOINT write")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK TO write")
                raise
            finally:
                self._connection.execute("RELEASE write")


class SqliteAtomic(Atomic):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._aborted = False

    def __call__(self, work: Callable[[], T]) -> T:
        if self._connection.in_transaction:
            try:
                return work()
            except BaseException:
                self._aborted = True
                raise
        self._aborted = False
        with unavailable(), self._connection:  # commits, or rolls back after an error
            self._connection.execute("BEGIN IMMEDIATE")  # waits for other processes
            result = work()
            if self._aborted:
                raise TransactionAborted
        return result


@contextmanager
def unavailable() -> Generator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable("The database does not answer.") from error


def read_record(text: str) -> Patient:
    return CONVERTER.loads(text, Patient)


def registry(database: str = ":memory:") -> Container:
    connection, container = sqlite3.connect(database, isolation_level=None), in_memory_registry()
    connection.executescript(TABLES)
    patients, atomic = SqlitePatientRepository(connection, container.identifier_systems()), SqliteAtomic(connection)
    container.override_providers(patients=Object(patients), atomic=Object(atomic))
    return container


if __name__ == "__main__":
    register, me = registry(sys.argv[1]).register_patient(), Actor.system("example")
    try:
        register(actor=me, first_name="Ana", last_name="Gil", email="ana@mail.example", date_of_birth="1991-07-02")
        print("registered")
    except EmailTaken:
        print("registered before")
