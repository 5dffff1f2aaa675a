from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connections

from bootstrap import Container
from core.access_log.entities import AccessAction, AccessEntry
from core.errors import Unavailable, ValidationError
from core.idempotency.entities import Answer
from core.idempotency.errors import AnswerGone, KeyReused
from core.patients.entities import Patient
from core.ports import TransactionRequired
from tests.contracts.conftest import POSTGRES, SQLITE
from tests.contracts.examples import together
from tests.databases import unprotected
from tests.fakes import ADMIN, CLERK, NOW, READER, StillClock, details

ANSWER = Answer(201, {"Content-Type": "application/json", "ETag": '"1"'}, b'{"id": 1}\n')


class Counted:
    """Work that tells how often it was done."""

    def __init__(self, answer: Answer = ANSWER) -> None:
        self.times = 0
        self.answer = answer

    def __call__(self) -> Answer:
        self.times += 1
        return self.answer


@pytest.fixture
def work() -> Counted:
    return Counted()


def once(registry: Container, work: Callable[[], Answer], **given: object) -> tuple[Answer, bool]:
    call = {"actor": CLERK, "key": "k1", "operation": "register_patient", "request": b"body"}
    return registry.answer_once()(work=work, **(call | given))  # type: ignore[arg-type]  # as the defaults


def test_a_repeated_request_returns_the_first_response_and_does_nothing(registry: Container, work: Counted) -> None:
    assert once(registry, work) == (ANSWER, False)
    assert once(registry, work) == (ANSWER, True)
    assert work.times == 1


def test_a_different_request_with_the_same_key_is_refused(registry: Container, work: Counted) -> None:
    once(registry, work)
    for other in ({"request": b"other"}, {"operation": "change_patient"}):
        with pytest.raises(KeyReused):
            once(registry, work, **other)
    assert work.times == 1


def test_each_account_has_its_own_keys(registry: Container, work: Counted) -> None:
    once(registry, work)
    assert once(registry, work, actor=READER, request=b"other") == (ANSWER, False)
    assert once(registry, work, key="k2", request=b"other") == (ANSWER, False)


def test_an_error_is_not_stored(registry: Container, work: Counted) -> None:
    def fail() -> Answer:
        registry.register_patient()(actor=CLERK, **details())
        raise Unavailable

    with pytest.raises(Unavailable):
        once(registry, fail)
    assert list(registry.search_patients()(actor=CLERK).patients) == []
    assert once(registry, work) == (ANSWER, False)


def test_a_response_is_kept_for_24_hours(registry: Container, work: Counted, clock: StillClock) -> None:
    once(registry, work)
    clock.forward(timedelta(hours=23, minutes=59))
    assert once(registry, work) == (ANSWER, True)
    assert registry.purge_answers()(actor=ADMIN) == 0
    clock.forward(timedelta(minutes=1))
    assert once(registry, work, request=b"other") == (ANSWER, False)
    clock.forward(timedelta(hours=24, seconds=1))
    assert registry.purge_answers()(actor=ADMIN) == 1
    assert registry.purge_answers()(actor=ADMIN) == 0


@pytest.mark.parametrize("key", ["", " ", "k" * 256, "a key", "ключ", "k\x00"])
def test_an_invalid_key_is_refused(registry: Container, work: Counted, key: str) -> None:
    with pytest.raises(ValidationError) as refused:
        once(registry, work, key=key)
    assert [error.field for error in refused.value.errors] == ["Idempotency-Key"]
    assert work.times == 0


def test_erasing_a_patient_removes_the_responses_that_contain_its_id(registry: Container) -> None:
    def registered(key: str) -> tuple[Patient, Counted]:
        patient = registry.register_patient()(actor=CLERK, **details(email=f"{key}@example.org"))
        work = Counted(Answer(201, {"Location": f"http://registry.example/api/v1/patients/{patient.id}/"}, b"{}"))
        once(registry, work, key=key)
        return patient, work

    (ada, adas), (_, others) = registered("ada"), registered("other")
    registry.erase_patient()(actor=ADMIN, patient_id=ada.id)
    with pytest.raises(AnswerGone):
        once(registry, adas, key="ada")
    assert once(registry, others, key="other")[1]
    assert (adas.times, others.times) == (1, 1)


@pytest.mark.parametrize(
    ("headers", "body", "ids"),
    [
        ({}, b"{}", set()),
        ({"Location": f"/x/{UUID(int=1)}/"}, f'{{"id":"{UUID(int=2)}"}}'.encode(), {UUID(int=1), UUID(int=2)}),
        ({}, f'"{UUID(int=1)}{UUID(int=2)}"'.encode(), {UUID(int=1), UUID(int=2)}),
    ],
)
def test_a_stored_response_is_linked_to_every_record_whose_id_it_contains(
    headers: dict[str, str], body: bytes, ids: set[UUID]
) -> None:
    assert Answer(200, headers, body).ids == ids


def test_the_cache_is_cleared_after_the_commit(registry: Container) -> None:
    cache, key, lifetime = registry.cache(), uuid4().hex, timedelta(hours=1)

    def read(actor: str) -> AccessEntry:
        entry = AccessEntry(at=NOW, actor=actor, action=AccessAction.PATIENT_VIEWED)
        return cache.get(key, AccessEntry, lifetime, lambda: entry)

    def change() -> None:
        cache.delete(key)
        assert read("as before") == read("as before")  # what others still see

    assert read("before").actor == "before"
    registry.atomic()(change)
    assert read("after").actor == "after"


def test_a_key_is_claimed_in_a_transaction(registry: Container) -> None:
    with pytest.raises(TransactionRequired):
        registry.stored_answers().claim(CLERK.name, "k1")


def test_only_one_of_fifty_simultaneous_equal_requests_is_executed(registry: Container) -> None:
    def register() -> Answer:
        patient = registry.register_patient()(actor=CLERK, override_reason="Another.", **details(email=None))
        return Answer(201, {}, str(patient.id).encode())

    answers = [one for one in together(50, lambda _: once(registry, register)) if not isinstance(one, Exception)]
    assert sorted(repeated for _, repeated in answers) == [False, *[True] * 49]
    assert len({answer.body for answer, _ in answers}) == 1
    assert len(registry.search_patients()(actor=CLERK).patients) == 1


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_stored_responses_are_encrypted(registry: Container, database: str) -> None:
    once(registry, Counted(Answer(201, {"ETag": "secret-tag"}, b"Lovelace")), request=b"Lovelace")
    with connections[database].cursor() as cursor:
        cursor.execute("SELECT actor, key, seal, content FROM idempotency_storedanswer")
        (row,) = cursor.fetchall()
    stored = b" ".join(bytes(value) if not isinstance(value, str) else value.encode() for value in row)
    assert b"Lovelace" not in stored
    assert b"secret-tag" not in stored


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_a_request_whose_response_cannot_be_decrypted_is_not_executed_again(
    registry: Container, work: Counted, database: str
) -> None:
    once(registry, work)
    with unprotected(database), connections[database].cursor() as cursor:
        cursor.execute("UPDATE idempotency_storedanswer SET content = %s", [uuid4().bytes])
    with pytest.raises(AnswerGone):
        once(registry, work)
    assert work.times == 1
