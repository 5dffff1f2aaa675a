"""The registry beside plain DRF, django-ninja, FastAPI with SQLAlchemy and the floor: each in a process of its own,
in turn, on one database. `python -m benchmarks [--quick]`

Fills BENCH_DATABASE_URL, or a PostgreSQL of its own from a wheel, with BENCH_PATIENTS. Calls are counted in the Redis
at BENCH_CACHE_URL, or in the process.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psycopg

from benchmarks.cases import CASES, Case, Table
from benchmarks.peers.process import REGISTRY, ROOT, Environment, Peer
from tests.postgres import postgres_in

QUICK = "--quick" in sys.argv[1:]
PATIENTS = int(os.environ.get("BENCH_PATIENTS", "20000" if QUICK else "1000000"))
PEERS = (REGISTRY, "drf", "ninja", "fastapi", "floor")
COLUMNS = "{:<26}{:<10}{:>9}{:>18}{:>9}{:>9}{:>9}  {}"


def main() -> None:
    with database_url() as url:
        environment = Environment.new(url, os.environ.get("BENCH_CACHE_URL", ""))
        prepared = json.loads(environment.run("benchmarks.peers.registry", str(PATIENTS)))
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT id FROM patients_patient ORDER BY md5(id::text) LIMIT 500").fetchall()
        table = Table(PATIENTS, prepared["last"], prepared["cursor"], [str(row[0]) for row in rows])
        theirs = environment.token_of(prepared["account"])
        peers = [Peer.start(name, prepared["token"] if name == REGISTRY else theirs, environment) for name in PEERS]
        print(f"{PATIENTS:,} patients; load {os.getloadavg()[0]:.1f}. Milliseconds; the ratio of the registry to each.")
        print(COLUMNS.format("call", "", "median", "80 % of calls", "p99", "ratio", "target", ""))
        for case in CASES:
            compare(case, table, [peer for peer in peers if peer.name in case.peers])
        for peer in peers:
            peer.stop()
        imports(url)


def compare(case: Case, table: Table, peers: list[Peer]) -> None:
    """In each round, every peer answers as many calls; the first two rounds warm up."""
    spent: dict[str, list[float]] = {peer.name: [] for peer in peers}
    calls = {peer.name: case.calls(peer.name, table) for peer in peers}
    for turn in range((6 if QUICK else 30) + 2):
        for peer in peers:
            found = peer.milliseconds([next(calls[peer.name]) for _ in range(case.each_turn)])
            if turn > 1:
                spent[peer.name] += found
    for name, times in spent.items():
        report(case, name, times, median(spent[REGISTRY]) / median(times))


def report(case: Case, name: str, times: list[float], ratio: float) -> None:
    ordered = sorted(times)
    low, high, p99 = (ordered[int(len(times) * share)] for share in (0.1, 0.9, 0.99))
    reached, target = (p99, case.max_p99) if case.max_p99 else (ratio, case.targets.get(name))
    aimed_at, verdict = "", ""
    if target is not None:
        aimed_at, verdict = f"{target:g}", "holds" if reached <= target else "falls short"
    figures = f"{median(times):.2f}", f"{low:.2f} to {high:.2f}", f"{p99:.2f}", f"{ratio:.2f}"
    print(COLUMNS.format(case.name, name, *figures, aimed_at, verdict), flush=True)


def imports(url: str) -> None:
    """In a database of its own, which is emptied."""
    base, _, name = url.rpartition("/")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS bench_imports")
        connection.execute("CREATE DATABASE bench_imports")
    _, mark, options = name.partition("?")
    variables = {
        "BENCH_DATABASE_URL": f"{base}/bench_imports{mark}{options}",
        "IMPORTED": "2000" if QUICK else "100000",
    }
    subprocess.run([sys.executable, "benchmarks/jobs.py", "imports"], env=os.environ | variables, cwd=ROOT, check=True)


@contextmanager
def database_url() -> Generator[str]:
    if url := os.environ.get("BENCH_DATABASE_URL"):
        yield url
        return
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "postgres"
        with postgres_in(data):
            yield f"postgres://postgres@/postgres?host={data}"


if __name__ == "__main__":
    main()
