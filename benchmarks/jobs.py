"""The cost of a sync job and an import, each compared in one run with the obvious implementations.

Fills a PostgreSQL database of its own: BENCH_DATABASE_URL=postgres://… python benchmarks/jobs.py [imports]
SYNCED and IMPORTED set the number of patients. MEMORY_ROWS=1000000 also measures memory with that many rows.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
SYNCED = int(os.environ.get("SYNCED", "10000"))
IMPORTED = int(os.environ.get("IMPORTED", "100000"))
MEMORY_ROWS = int(os.environ.get("MEMORY_ROWS", "0"))
AT_ONCE, LATENCY, POSTS, TASKS = 100, 0.05, min(2_000, IMPORTED), 200
COLUMNS = ("first_name", "last_name", "email", "date_of_birth", "phone", "external_id")


class Upstream(asyncio.Protocol):
    """Responds to each request after `LATENCY` with the values that the patient was registered with."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        for head in data.split(b"\r\n\r\n")[:-1]:
            number = int(head.split(b" ", 2)[1].rpartition(b"-")[2])
            asyncio.get_running_loop().call_later(LATENCY, self.answer, json.dumps(record(number)).encode())

    def answer(self, body: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.transport.write(head % len(body) + body)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def upstream() -> Generator[str]:
    with subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def record(number: int) -> dict[str, str]:
    return {
        "first_name": f"First{number % 5000}",
        "last_name": f"Last{number % 20000}",
        "email": f"patient{number}@bench.example",
        "date_of_birth": f"{1930 + number % 80}-01-{1 + number % 28:02}",
        "phone": f"+1650253{number % 9000 + 1000}",
        "external_id": f"EHR-{number}",
    }


def csv(rows: int) -> Iterator[bytes]:
    yield ",".join(COLUMNS).encode() + b"\n"
    for first in range(0, rows, 500):
        lines = (",".join(record(number).values()) for number in range(first, min(first + 500, rows)))
        yield "".join(f"{line}\n" for line in lines).encode()


def seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def report(what: str, ours: float, theirs: float, promise: str) -> None:
    print(f"{what:<58}{ours:>9.1f} s{theirs:>10.1f} s{ours / theirs:>9.3f}  {promise}", flush=True)


def main(url: str) -> None:
    os.environ["DATABASE_URL"] = os.environ["BENCH_DATABASE_URL"]
    os.environ.setdefault("SECRET_KEY", os.urandom(32).hex())
    os.environ["EXTERNAL_API_BASE_URL"] = url
    os.environ["EXTERNAL_API_POLICY"] = f"max_calls={AT_ONCE + 10}, bulk_calls={AT_ONCE}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.development"
    import django

    django.setup()
    import logging

    from django.core.management import call_command

    from config.apps import RegistryConfig

    logging.disable(logging.INFO)
    call_command("migrate", verbosity=0)
    truncate("patients_patient, patients_searchterm, patients_patientevent, jobs_job")
    bench = Bench(RegistryConfig.current().container)
    print(f"{'':<58}{'registry':>11}{'compared':>12}{'ratio':>9}")
    bench.imports()
    if sys.argv[1:] == ["imports"]:
        return
    bench.syncs(url)
    if MEMORY_ROWS:
        bench.memory()


class Bench:
    def __init__(self, registry: Any) -> None:
        from core.access import Actor

        self.registry, self.actor = registry, Actor.system("bench")

    def imports(self) -> None:
        ours = seconds(lambda: self.import_(IMPORTED))
        validated = seconds(self.validate_and_copy)
        posted = seconds(self.post) * IMPORTED / POSTS
        rows = f"{IMPORTED:,} rows"
        report(f"import of {rows}, against as many POSTs to a plain ModelViewSet", ours, posted, "promised: 1/20")
        report(f"import of {rows}, against validation and a bare COPY", ours, validated, "promised: 6")

    def syncs(self, url: str) -> None:
        self.empty()
        self.import_(SYNCED)
        self.sync()  # from now on, upstream has no new values
        ours = seconds(self.sync)
        bare = seconds(lambda: asyncio.run(fetch_and_parse(url)))
        report(f"sync job of {SYNCED:,}, against fetching and parsing alone", ours, bare, "promised: 3")
        tasks = seconds(lambda: self.one_by_one(url)) * SYNCED / TASKS
        report(f"sync job of {SYNCED:,}, against a task per patient", ours, tasks, "promised: 1/20")

    def memory(self) -> None:
        """The peak memory of this process, after ten thousand rows and after `MEMORY_ROWS`."""
        for rows in (10_000, MEMORY_ROWS):
            self.empty()
            self.import_(rows)
            imported = peak()
            exported = sum(map(len, write_all(self.registry, self.actor)))
            after = peak()
            self.sync()
            memory = f"{imported:.0f} MB import, {after:.0f} MB export of {exported:,} bytes, {peak():.0f} MB sync"
            print(f"{rows:>9,} rows: {memory}", flush=True)

    def import_(self, rows: int) -> None:
        from core.files import FileFormat

        job = self.registry.start_import()(actor=self.actor, content=lambda: csv(rows), format=FileFormat.CSV)
        self.finish(job, {"added": rows})

    def sync(self) -> None:
        self.finish(self.registry.start_sync_job()(actor=self.actor), None)

    def finish(self, job: Any, counts: dict[str, int] | None) -> None:
        done = self.registry.run_job()(actor=self.actor, job_id=job.id)
        if done.state != "completed" or counts not in (None, dict(done.counts)):
            raise SystemExit(f"The job is {done.state}: {done.counts} {done.reason}")

    def empty(self) -> None:
        truncate("patients_patient, patients_searchterm, patients_patientevent")

    def validate_and_copy(self) -> None:
        """Validates each row like a registration, then copies only the rows into a table like that of the patients."""
        from datetime import UTC, datetime

        from django.db import connection

        from core.patients.entities import Patient
        from core.patients.fields import Rules

        now = datetime.now(UTC)
        rules = Rules(now.date(), "US")
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS bench_patient")
            cursor.execute("CREATE TABLE bench_patient (LIKE patients_patient INCLUDING ALL)")
            names = "id, first_name, last_name, email, phone, date_of_birth, sex, identifiers, status, version"
            names += ", external_id, created_at, updated_at, email_shared, date_of_birth_estimated, deceased"
            names += ", other_names, other_phones, addresses, contacts, name"
            with cursor.copy(f"COPY bench_patient ({names}) FROM STDIN") as copy:
                for number in range(IMPORTED):
                    one = Patient.register(self.registry.ids().new(now), now, rules, **record(number))  # type: ignore[arg-type]  # from a file
                    copy.write_row(
                        (one.id, one.first_name, one.last_name, one.email, one.phone, str(one.date_of_birth), "unknown",
                         "[]", "active", 1, one.external_id, now, now, False, False, "false",
                         "[]", "[]", "[]", "[]", b"")
                    )  # fmt: skip

    def post(self) -> None:
        self.empty()
        from plain import post

        for number in range(POSTS):
            post(record(number))

    def one_by_one(self, url: str) -> None:
        """A task for each patient, two at a time: one per core."""
        from concurrent.futures import ThreadPoolExecutor

        import httpx

        from adapters.django_orm.patients.models import Patient

        def task(number: int) -> None:
            patient = Patient.objects.get(external_id=f"EHR-{number}")
            answer = httpx.get(f"{url}/patients/EHR-{number}", trust_env=False).json()
            for name in ("first_name", "last_name", "email", "date_of_birth", "phone"):
                setattr(patient, name, answer[name])
            patient.save()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(task, range(TASKS)))


def truncate(tables: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # some tables are append-only
        cursor.execute(f"TRUNCATE {tables} CASCADE")
        cursor.execute("RESET session_replication_role")


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_all(registry: Any, actor: Any) -> Iterator[bytes]:
    from core.files import FileFormat, write_patients

    return write_patients(FileFormat.CSV, registry.export_patients()(actor=actor))


async def fetch_and_parse(url: str) -> None:
    """Fetches and parses, and no more. One client for each concurrent call is the fastest way with httpx."""
    import httpx

    numbers = iter(range(SYNCED))

    async def fetch_in_turn() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            for number in numbers:
                (await client.get(f"{url}/patients/EHR-{number}")).json()

    await asyncio.gather(*(fetch_in_turn() for _ in range(AT_ONCE)))


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
    else:
        with upstream() as url:
            main(url)
