"""A patient goes through every feature and is erased: afterwards no table and no cache has any value of theirs."""

import pickle
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import cast

import orjson
import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.db import connections

from adapters.in_memory.cache import InMemoryCache
from bootstrap import Configuration, Container
from core.audit.entities import Fault
from core.files import FileFormat
from core.idempotency.entities import Answer
from core.jobs.entities import Job, JobKind, JobState
from core.matching.blocking import digests_of
from core.matching.errors import MergeNotFound, PossibleDuplicate
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.person_keys import person_keys
from tests.contracts.conftest import SQLITE, open_registry
from tests.contracts.syncing import run, start
from tests.fakes import ADMIN, CLERK, READER, ScriptedGateway, StillClock, anything, birth_date, details, equip

MARK = "zyxq"  # in every text of the person, and of nobody else
OWN = {
    "first_name": "Zyxqa",
    "middle_name": "Zyxqb",
    "last_name": "Zyxqc",
    "prefix": "Zyxqd",
    "suffix": "Zyxqe",
    "other_names": [{"use": "maiden", "last_name": "Zyxqf"}],
    "email": "zyxq@example.org",
    "phone": "+12015557391",
    "other_phones": [{"use": "work", "value": "+12015557392"}],
    "date_of_birth": "1931-07-19",
    "addresses": [{"lines": ["Zyxq Lane 7"], "city": "Zyxqton", "postal_code": "ZYXQ 1"}],
    "contacts": [{"relationship": "zyxq aunt", "name": "Zyxqg", "phone": "+12015557393", "email": "g@zyxq.example"}],
    "identifiers": [{"system": "mrn", "value": "zyxq-7"}, {"system": "urn:zyxq", "value": "8"}],
    "external_id": "zyxq-ehr",
}
TRACES = (MARK, "1201555739", "201-555-739", "1931-07-19", "19.07.1931")
FILE = """first_name,last_name,email,date_of_birth,phone,external_id
Zyxqa,Zyxqc,no email,1931-07-19,,
Eve,King,zyxq@example.org,2185-12-10,,
Eve,King,zyxq-old@example.org,1990-01-01,12,
Eve,King,other@example.org,1990-01-01,12,zyxq-ehr
Zyxqa,Zyxqf,,1931-07-19,201-555-7391,
ZYXQA,Zyxqf,no email,1931-07-19,,
Zyxqa,Zyxqold,no email,1931-07-19,,
"Eve" King,"Zyxq@example.org",1990-01-01,,
"""


@pytest.fixture
def registry(database: str, clock: StillClock, gateway: ScriptedGateway) -> Container:
    """Refuses certain duplicates."""
    return equip(open_registry(database, configuration=Configuration(secret_keys=("k" * 50,))), clock, gateway)


@pytest.fixture
def patient(registry: Container) -> Patient:
    register, update = registry.register_patient(), registry.update_patient()
    patient = register(actor=CLERK, **details(**OWN | {"email": "zyxq-old@example.org", "last_name": "Zyxqold"}))
    update(actor=CLERK, patient_id=patient.id, **anything(email=OWN["email"], language="cy"))
    changed = update(actor=CLERK, patient_id=patient.id, **anything(last_name=OWN["last_name"]))
    with pytest.raises(PossibleDuplicate):
        register(actor=CLERK, **details(**OWN | {"email": None, "external_id": None, "identifiers": []}))
    registry.view_patient()(actor=READER, patient_id=patient.id)
    registry.search_patients()(actor=READER, q="zyxqa zyxqc", phone="+12015557391", date_of_birth="1931-07-19")
    registry.match_patients()(actor=CLERK, **anything(first_name="Zyxqa", last_name="Zyxqc"))
    registry.view_history()(actor=READER, patient_id=patient.id)
    registry.follow_changes()(actor=CLERK)
    answer = Answer(200, {}, orjson.dumps({"id": str(patient.id), **OWN}))
    registry.answer_once()(actor=CLERK, key="k1", operation="change_patient", request=b"zyxq", work=lambda: answer)
    return changed


@pytest.fixture
def later(clock: StillClock) -> Callable[[], None]:
    return lambda: clock.forward(timedelta(seconds=1))


def imported(registry: Container, content: str, *, update: bool = False, dry_run: bool = False) -> Job:
    start, pieces = registry.start_import(), [content.encode()]
    job = start(actor=CLERK, content=lambda: pieces, format=FileFormat.CSV, update=update, dry_run=dry_run)
    return run(registry, job)


def go_through_imports(registry: Container, later: Callable[[], None]) -> None:
    for update, dry_run in ((False, True), (True, False), (False, False)):
        job = imported(registry, FILE, update=update, dry_run=dry_run)
        assert job.counts == {"duplicate": 1, "rejected": 7}
        list(registry.download_rejects()(actor=CLERK, job_id=job.id))
        later()
    update = "first_name,last_name,email,date_of_birth,middle_name\nZyxqa,Zyxqc,zyxq@example.org,1931-07-19,Zyxqh\n"
    job = imported(registry, update, update=True)
    assert job.counts == {"updated": 1}
    later()
    assert run(registry, registry.undo_job()(actor=ADMIN, kind=JobKind.IMPORT, job_id=job.id)).counts == {"restored": 1}


def go_through_syncs(
    registry: Container, gateway: ScriptedGateway, patient: Patient, later: Callable[[], None]
) -> None:
    gateway.by_id["zyxq-ehr"] = {"first_name": "Zyxqa", "last_name": "Zyxqc", "phone": "+12015557394"}
    registry.sync_patient()(actor=CLERK, patient_id=patient.id)
    for n in range(24):
        given = details(last_name=f"Byron {n}", email=None, date_of_birth=birth_date(n), external_id=f"x{n}")
        registry.register_patient()(actor=CLERK, override_reason="Not sure.", **given)
    later()
    gateway.answer = {"last_name": "Byron"}
    assert run(registry, start(registry)).state is JobState.COMPLETED
    gateway.answer = {"last_name": "King"}
    gateway.by_id["zyxq-ehr"] = {"first_name": "Zyxqa", "last_name": "Zyxqi"}
    later()
    job = run(registry, start(registry))
    assert job.state is JobState.HELD
    assert patient.id in {one.patient_id for one in registry.list_held_changes()(actor=CLERK, job_id=job.id)}


def go_through_matching(registry: Container, patient: Patient, later: Callable[[], None]) -> Patient:
    """Returns another patient, who took over everything of the patient by mistake, until the merge was undone."""
    register = partial(registry.register_patient(), actor=CLERK, override_reason="Not sure.")
    other, survivor = (
        register(**details(last_name=name, email=None, date_of_birth="1950-01-02", external_id=None))
        for name in ("Stone", "Marsh")
    )
    later()
    merge = registry.merge_patients()
    first = merge(
        actor=CLERK,
        patient_id=other.id,
        other_id=patient.id,
        choices={"last_name": "other", "date_of_birth": "other"},
        reason="Both are Zyxqa.",
    ).merge
    later()
    registry.update_patient()(actor=CLERK, patient_id=other.id, **anything(phone="+442079460000", sex="female"))
    second = merge(actor=CLERK, patient_id=survivor.id, other_id=other.id).merge
    for done in (second, first):
        assert done
        later()
        registry.undo_merge()(actor=CLERK, merge_id=done.id)
    registry.start_duplicate_scan()(actor=CLERK)
    return other


def test_no_value_of_an_erased_patient_remains_anywhere(
    registry: Container, database: str, gateway: ScriptedGateway, patient: Patient, later: Callable[[], None]
) -> None:
    go_through_imports(registry, later)
    go_through_syncs(registry, gateway, patient, later)
    other = go_through_matching(registry, patient, later)
    assert MARK in str(_content(registry, database)).lower()
    registry.undone_merges.add_kwargs(page_size=1)
    registry.erase_patient()(actor=ADMIN, patient_id=patient.id)
    left = {table: found for table, rows in _content(registry, database).items() if (found := _traces(rows, patient))}
    assert left == {}
    assert registry.view_patient()(actor=READER, patient_id=other.id).phone == "+442079460000"
    assert registry.verify_audit()(actor=ADMIN).faults == ()
    last, *_, first = registry.view_history()(actor=READER, patient_id=other.id).events
    assert (last.action, last.actor, "email" in last.fields) == (Action.VALUES_ERASED, ADMIN.name, True)
    assert first.values  # from before the merge
    registry.trail().forget_values(other.id, [first.version])
    faults = registry.verify_audit()(actor=ADMIN).faults
    assert Fault(f"history of {other.id}, version {first.version}", "values removed") in faults


def _traces(rows: bytes, patient: Patient) -> list[str]:
    digests = [key.hex() for key in (*person_keys(OWN), *digests_of(patient))]
    return [trace for trace in (*TRACES, *digests) if trace.encode() in rows.lower()]


def _content(registry: Container, database: str) -> dict[str, bytes]:
    """Every table and the cache, as one text each. Bytes are there as they are and in hexadecimal."""
    if not database:
        tables = {
            name: pickle.dumps(table) for name, table in vars(registry.store()).items() if isinstance(table, dict)
        }
        return tables | {"cache": str(vars(cast("InMemoryCache", registry.cache()))).encode()}
    connection = connections[database]
    content: dict[str, bytes] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            values = [value for row in cursor.fetchall() for value in row]
            content[table] = b"\n".join(map(_plain, values))
    stored = registry.atomic()(lambda: registry.stored_answers().claim(CLERK.name, "k1"))
    cached = vars(cast("LocMemCache", caches["default"]))["_cache"]
    return content | {
        "decrypted answers": repr(stored and stored.answer and stored.answer.body).encode(),
        "cache": str(cached).encode(),
    }


def _plain(value: object) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value) + b" " + bytes(value).hex().encode()
    return str(value).encode()


def test_a_merge_whose_values_were_erased_with_another_patient_cannot_be_undone(
    registry: Container, later: Callable[[], None]
) -> None:
    def registered(name: str, number: int) -> Patient:
        later()
        given = details(last_name=name, email=None, other_names=[{"use": "alias", "last_name": f"{name}er"}])
        return registry.register_patient()(actor=CLERK, **given | {"date_of_birth": birth_date(number)})

    survivor, stranger, twin = (registered(name, number) for number, name in enumerate(("Marsh", "Zyxq", "Stone")))
    merges = [
        registry.merge_patients()(actor=CLERK, patient_id=survivor.id, other_id=other.id).merge
        for other in (stranger, twin)
    ]
    assert all(merges)
    first, second = [merge.id for merge in merges if merge]
    later()
    registry.undo_merge()(actor=CLERK, merge_id=first)
    registry.erase_patient()(actor=ADMIN, patient_id=stranger.id)
    with pytest.raises(MergeNotFound):
        registry.undo_merge()(actor=CLERK, merge_id=second)
    assert registry.verify_audit()(actor=ADMIN).faults == ()


@pytest.mark.parametrize("database", [SQLITE])
def test_no_value_of_an_erased_patient_remains_in_the_sqlite_file(registry: Container, patient: Patient) -> None:
    registry.erase_patient()(actor=ADMIN, patient_id=patient.id)
    with connections["default"].cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file = Path(str(connections["default"].settings_dict["NAME"])).read_bytes()
    assert [trace for trace in TRACES if trace.encode() in file.lower()] == []
