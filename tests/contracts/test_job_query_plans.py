"""Frequent queries of jobs use an index."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from bootstrap import Container
from core.jobs.entities import JobKind
from core.sync.entities import SYNCABLE, SyncJobOutcome
from tests.contracts.conftest import POSTGRES, SQLITE
from tests.contracts.examples import chunk, job, person, sql, sync_outcome
from tests.fakes import NOW

Context = dict[str, Any]  # the context that Django passes to query wrappers
Call = Callable[[Container], object]

LATER = NOW + timedelta(minutes=1)
FIRST, LAST = person(0).id, person(999).id

CALLS: dict[str, tuple[Call, str]] = {  # and the column or the partial index that is used
    "waiting": (lambda registry: registry.jobs().runnable(NOW), "jobs_unfinished"),
    "find": (lambda registry: registry.jobs().find(JobKind.IMPORT, after=LAST, limit=9), "kind"),
    "remove ended": (lambda registry: registry.jobs().remove_ended(NOW - timedelta(days=90), 9), "ended_at"),
    "take": (
        lambda registry: registry.atomic()(
            lambda: registry.chunks().claim(job(7).id, lease=uuid4(), now=LATER, until=LATER)
        ),
        "available_at",
    ),
    "left": (lambda registry: registry.chunks().remaining(job(7).id, NOW), "job_id"),
    "failures": (lambda registry: registry.sync_results().failures(job(7).id, after=FIRST, limit=9), "patient_id"),
    "ids": (lambda registry: registry.patients_for_sync().ids(SYNCABLE, after=FIRST, before=LAST, limit=9), "id"),
}


@pytest.fixture(autouse=True)
def jobs(registry: Container, database: str) -> None:
    """300 jobs that ended and one unfinished job, each with chunks and results."""

    def add() -> None:
        for number in range(301):
            there = job(number)
            registry.jobs().add(there if number == 7 else there.completed(NOW + timedelta(seconds=number)))
            registry.chunks().add(chunk(number, of=there))
            outcome = SyncJobOutcome.REFUSED if number % 10 else SyncJobOutcome.UPDATED
            registry.sync_results().record(there.id, [sync_outcome(one, outcome) for one in range(9)])
        assert not registry.patients_for_import().add_all([person(number) for number in range(301)])

    registry.atomic()(add)
    sql(database, "ANALYZE")


def plans(registry: Container, database: str, explain: str, name: str) -> list[str]:
    """The plan of every query that the call makes, with its parameters bound as at run time."""
    steps: list[str] = []

    def see(execute: Callable[..., object], statement: str, values: object, many: bool, context: Context) -> object:
        if statement.startswith("SELECT"):
            execute(f"{explain} {statement}", values, many, context)
            steps.extend(str(row[-1]) for row in context["cursor"].fetchall())
        return execute(statement, values, many, context)

    with connections[database].execute_wrapper(see):
        CALLS[name][0](registry)
    return steps


@pytest.mark.parametrize("database", [SQLITE])
def test_sqlite_uses_an_index(registry: Container, database: str) -> None:
    for name, (_, known) in CALLS.items():
        steps = plans(registry, database, "EXPLAIN QUERY PLAN", name)
        assert not [step for step in steps if "TEMP B-TREE" in step], (name, steps)
        assert [step for step in steps if re.search(rf"\b{known}(?:[=<>]|$)", step)], (name, steps)


@pytest.mark.parametrize("database", [POSTGRES])
def test_postgresql_uses_an_index(registry: Container, database: str) -> None:
    sql(database, "SET enable_seqscan = off")
    for name, (_, known) in CALLS.items():
        steps = plans(registry, database, "EXPLAIN", name)
        assert not [step for step in steps if "Seq Scan" in step], (name, steps)
        assert [step for step in steps if re.search(rf"(?:Index Cond: .*|using ){known}\b", step)], (name, steps)
    sql(database, "RESET enable_seqscan")
