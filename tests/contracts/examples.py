from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import TypeVar

from attrs import evolve
from django.db import connections

from core.access import Role
from core.accounts.audit import AccountAction, AccountEvent
from core.accounts.entities import User
from core.accounts.service_accounts import ServiceAccount
from core.accounts.service_keys import ServiceKey
from core.jobs.entities import Chunk, Job, JobKind
from core.patients.dates import PartialDate
from core.patients.entities import Patient
from core.patients.values import Sex, Status
from core.sync.entities import SyncJobOutcome, SyncJobResult
from tests.fakes import NOW
from tests.strategies import uuid7

T = TypeVar("T")


def person(number: int = 1, **changes: object) -> Patient:
    """A patient whose unique values are derived from the number."""
    patient = Patient(
        id=uuid7(NOW, number),
        first_name="Ada",
        last_name="Byron",
        email=f"p{number}@example.org",
        phone=None,
        date_of_birth=PartialDate("1985-12-10"),
        sex=Sex.UNKNOWN,
        identifiers=(),
        status=Status.ACTIVE,
        version=1,
        external_id=f"x{number}",
        last_synced_at=None,
        created_at=NOW,
        updated_at=NOW,
    )
    return evolve(patient, **changes)


def user(number: int = 1, **changes: object) -> User:
    default = User(
        id=uuid7(NOW, number),
        email=f"u{number}@example.org",
        role=Role.CLERK,
        is_active=True,
        session_epoch=1,
        created_at=NOW,
    )
    return evolve(default, **changes)


def service(number: int = 1, **changes: object) -> ServiceAccount:
    default = ServiceAccount(
        id=uuid7(NOW, number), name=f"service-{number}", role=Role.CLERK, is_active=True, created_at=NOW
    )
    return evolve(default, **changes)


def service_key(number: int = 1, **changes: object) -> ServiceKey:
    default = ServiceKey(
        id=uuid7(NOW, number),
        name=f"key {number}",
        digest="d" * 64,
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )
    return evolve(default, **changes)


def account_event(number: int = 1, **changes: object) -> AccountEvent:
    default = AccountEvent(
        id=uuid7(NOW, number),
        account_id=user().id,
        at=NOW,
        actor="user:1",
        request_id="request-1",
        action=AccountAction.ROLE_CHANGED,
        details={"before": "reader", "after": "admin"},
    )
    return evolve(default, **changes)


def job(number: int = 1, **changes: object) -> Job:
    default = Job(
        id=uuid7(NOW, number),
        kind=JobKind.SYNC,
        actor="user:1",
        request_id="request-1",
        options={"statuses": "active"},
        created_at=NOW,
        total=3,
    )
    return evolve(default, **changes)


def chunk(number: int = 1, of: Job | None = None, **changes: object) -> Chunk:
    """Available at `NOW`."""
    default = Chunk(
        id=uuid7(NOW, number), job_id=(of or job()).id, items=(person(1).id, person(2).id), lease=None, available_at=NOW
    )
    return evolve(default, **changes)


def sync_outcome(number: int = 1, outcome: SyncJobOutcome = SyncJobOutcome.REFUSED, **changes: object) -> SyncJobResult:
    return evolve(SyncJobResult(person(number).id, outcome, NOW), **changes)


def sql(database: str, statement: str, *values: object) -> None:
    with connections[database].cursor() as cursor:
        cursor.execute(statement, values or None)  # type: ignore[arg-type]


def together(count: int, work: Callable[[int], T]) -> list[T | Exception]:
    """Runs `work` in `count` threads that start simultaneously. Returns their results or errors by number."""
    outcomes: list[T | Exception] = [RuntimeError("did not end")] * count
    start = Barrier(count)

    def run(number: int) -> None:
        start.wait(timeout=30)
        try:
            outcomes[number] = work(number)
        except Exception as error:  # noqa: BLE001 (returned to the test)
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes
