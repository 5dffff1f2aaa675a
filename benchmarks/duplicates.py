"""The cost of finding duplicates in a large registry: `python benchmarks/duplicates.py`.

Fills a database of its own with BENCH_PATIENTS made-up people, whose names and streets are those of FEBRL. Set
DATABASE_URL to postgres://… or sqlite:///….
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from time import perf_counter, process_time

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from django.core.management import call_command
from django.db import connection

from config.registry import django_registry
from core.access import Actor
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.fields import Registration, Rules
from tests.febrl import read_febrl
from tests.strategies import uuid7

PATIENTS = int(os.environ.get("BENCH_PATIENTS", "1000000"))
CALLS = 300
SCANNED = 5000
NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
RULES = Rules(NOW.date(), "AU")

os.environ.setdefault("SECRET_KEY", os.urandom(32).hex())
registry = django_registry()
actor = Actor.system("benchmark")
details = [record.details for record in read_febrl(2)]


def person(number: int) -> Registration:
    """Each part from another record, so that names and streets are as frequent as in the data."""
    random = Random(number)
    first, last, place, street = (random.choice(details) for _ in range(4))
    born = NOW.date() - timedelta(days=random.randrange(1, 85 * 365))
    given: Registration = {
        "first_name": first.first_name or "Ada",
        "last_name": last.last_name or "Byron",
        "date_of_birth": born,
        "external_id": f"EHR-{number}",
        "identifiers": [{"system": "mrn", "value": str(number)}],
    }
    if random.random() < 0.6:
        given["phone"] = f"+6141{random.randrange(10**7):07}"
    if random.random() < 0.4:
        given["email"] = f"p{number}@example.org"
    if place.addresses and street.addresses:
        number_and_street = f"{random.randrange(1, 200)} {' '.join(street.addresses[0].lines).lstrip('0123456789 ')}"
        home = place.addresses[0]
        given["addresses"] = [{"lines": [number_and_street], "city": home.city, "postal_code": home.postal_code}]
    return given


def people(numbers: range) -> Iterator[Patient]:
    for number in numbers:
        at = NOW - timedelta(days=365) + timedelta(milliseconds=20 * number)
        yield Patient.register(uuid7(at, number), at, RULES, **person(number))


def fill() -> None:
    call_command("migrate", verbosity=0)
    start, stored = perf_counter(), registry.patients_for_matching().count_to_scan(None)
    remaining = people(range(stored, PATIENTS))
    while batch := list(islice(remaining, 1000)):
        registry.atomic()(lambda batch=batch: registry.patients_for_import().add_all(batch))
    if stored < PATIENTS:
        print(f"filled {PATIENTS - stored:,} in {perf_counter() - start:.0f} s")
        connection.cursor().execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def timed(calls: dict[str, list[Callable[[], object]]]) -> list[float]:
    """The median of each list. The lists take turns, so that each finds the machine as busy."""
    rounds = [[_seconds(call) for call in each] for each in zip(*calls.values(), strict=True)]
    medians: list[float] = []
    for what, seconds in zip(calls, map(sorted, zip(*rounds, strict=True)), strict=True):
        median, late = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.99)]
        print(f"{what:<44} median {1000 * median:7.1f} ms   99 % within {1000 * late:7.1f} ms")
        medians.append(median)
    return medians


def _seconds(call: Callable[[], object]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


def again(number: int) -> Registration:
    """A stored person, with another phone and without email and numbers."""
    kept = ("first_name", "last_name", "date_of_birth", "addresses")
    return {name: value for name, value in person(number).items() if name in kept} | {"phone": "+61412345678"}  # type: ignore[return-value]  # the names are fields


def measure_calls(random: Random) -> None:
    known = [random.randrange(PATIENTS) for _ in range(CALLS)]
    match, register, save = registry.match_patients(), registry.register_patient(), registry.recorder().save
    unused = PATIENTS + 2 * registry.patients_for_matching().count_to_scan(None)  # other people in each run
    fresh = [person(unused + n) for n in range(CALLS)]
    others = list(people(range(unused + CALLS, unused + 2 * CALLS)))
    timed({"match, a person with a record": [lambda n=n: match(actor=actor, **again(n)) for n in known]})
    timed({"match, a new person": [lambda one=one: match(actor=actor, **one) for one in fresh]})
    with_check, without = timed(
        {
            "register with the check": [
                lambda one=one: register(actor=actor, override_reason="Benchmark.", **one) for one in fresh
            ],
            "register without the check": [
                lambda one=one: registry.atomic()(lambda: save(Action.REGISTERED, actor, NOW, before=None, after=one))
                for one in others
            ],
        }
    )
    print(f"{'with / without':<44} {with_check / without:.2f}")


def measure_scan() -> None:
    ids = registry.patients_for_matching().ids_to_scan(None, after=None, before=uuid7(NOW, 0), limit=PATIENTS)
    part = Random(7).sample(ids, min(SCANNED, len(ids)))
    review = registry.duplicate_queue().review
    start, started = perf_counter(), process_time()
    for first in range(0, len(part), 200):
        patients = registry.patients_for_matching().get_all(part[first : first + 200])
        registry.atomic()(lambda patients=patients: review(patients, older_only=True))
    each, busy = (perf_counter() - start) / len(part), (process_time() - started) / len(part)
    print(f"{'a scan, of one worker':<44} {1000 * each:.2f} ms a patient: {each * PATIENTS / 60:.0f} minutes for all")
    print(f"{'the same without waiting for the database':<44} {1000 * busy:.2f} ms a patient")


SIZE_AND_COUNT = {
    "postgresql": """
        SELECT pg_total_relation_size('patients_matchkeyset'), sum(cardinality(digests)) FROM patients_matchkeyset
    """,
    "sqlite": """
        SELECT sum(pgsize), (SELECT count(*) FROM patients_matchkey) FROM dbstat WHERE name IN
            ('patients_matchkey', 'patients_packedmatchkeys', 'sqlite_autoindex_patients_packedmatchkeys_1')
    """,
}


def measure_size() -> None:
    with connection.cursor() as cursor:
        cursor.execute(SIZE_AND_COUNT[connection.vendor])
        size, keys = cursor.fetchone()
    patients = registry.patients_for_matching().count_to_scan(None)
    print(f"{'keys':<44} {keys / patients:.1f} and {size / patients:.0f} bytes a patient")


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    fill()
    print(f"{PATIENTS:,} patients on {connection.vendor}")
    measure_calls(Random(1))
    measure_scan()
    measure_size()
