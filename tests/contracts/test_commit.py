"""PostgreSQL fails at COMMIT: whether it took effect is unknown."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from django.db import connections

from bootstrap import Container
from core.errors import Unavailable
from tests.contracts.conftest import POSTGRES
from tests.contracts.examples import person, sql

pytestmark = pytest.mark.parametrize("database", [POSTGRES])


@pytest.fixture(autouse=True)
def reconnected(registry: Container, database: str) -> Generator[None]:
    yield
    connections[database].close()


@contextmanager
def at_commit(statement: str) -> Generator[None]:
    """A PostgreSQL trigger that runs at the commit of each transaction that adds a patient."""
    sql(
        "postgres",
        f"CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN NULL; END $$",
    )
    trigger = "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON patients_patient DEFERRABLE INITIALLY DEFERRED"
    sql("postgres", f"{trigger} FOR EACH ROW EXECUTE FUNCTION at_commit()")
    try:
        yield
    finally:
        sql("postgres", "DROP FUNCTION at_commit CASCADE")


@pytest.mark.parametrize(
    "failure",
    [
        "PERFORM pg_terminate_backend(pg_backend_pid())",
        "RAISE EXCEPTION 'try again' USING ERRCODE = 'serialization_failure'",
    ],
)
def test_a_transaction_is_not_retried_after_commit_was_sent(registry: Container, failure: str) -> None:
    attempts: list[int] = []

    def work() -> None:
        attempts.append(1)
        registry.patients().add(person(1))

    with at_commit(failure), pytest.raises(Unavailable, match="unknown whether"):
        registry.atomic()(work)
    assert len(attempts) == 1
    registry.atomic()(work)
    assert registry.patients().get(person(1).id) == person(1)
