"""The registry beside plain DRF, django-ninja and the floor: each in its own process, in turn, on one database.

Needs BENCH_DATABASE_URL, a PostgreSQL database that `reads.py` has filled.
"""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from random import Random
from statistics import median

import jwt
import psycopg
from attrs import frozen

ROOT = Path(__file__).parents[1]
DATABASE = os.environ["BENCH_DATABASE_URL"]
ROUNDS, CALLS = 30, {"one": 100, "page": 10}
TARGETS = {"one": {"drf": 0.2, "ninja": 0.7, "floor": 3.5}, "page": {"drf": 0.03, "ninja": 0.35, "floor": 3}}
SECRET = secrets.token_urlsafe(64)
ENVIRONMENT = os.environ | {
    "DATABASE_URL": DATABASE,
    "SECRET_KEY": SECRET,
    "DJANGO_ENV": "production",
    "ALLOWED_HOSTS": "testserver",
    "TRUSTED_PROXIES": "192.0.2.1",
    "LIMIT_USER": "1000000/second",
    "CACHE_URL": "redis://127.0.0.1:6379/5",
    "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}",
}


@frozen
class Peer:
    name: str
    prefix: str
    process: "subprocess.Popen[str]"

    @classmethod
    def start(cls, name: str, token: str) -> "Peer":
        command = [sys.executable, "-m", "benchmarks.peers.serve", name, token]
        ours = name == "registry"
        settings = {} if ours else {"DJANGO_SETTINGS_MODULE": "benchmarks.peers.django_settings", "PEER": f"benchmarks.peers.{name}"}
        process = subprocess.Popen(
            command, env=ENVIRONMENT | settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
        )  # fmt: skip
        return cls(name, "/api/v1" if ours else "", process)

    def milliseconds(self, times: int, paths: list[str]) -> list[float]:
        assert self.process.stdin
        assert self.process.stdout
        print(times, *(self.prefix + path for path in paths), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


def sign_in() -> tuple[str, str]:
    """A token of the registry, and one for the peers."""
    script = (
        "from config.registry import django_registry; from core.access import Actor; r = django_registry();"
        "e, p = 'peers@clinic.example', 'correct horse battery';"
        "from contextlib import suppress\n"
        "from core.accounts.errors import UserEmailTaken\n"
        "with suppress(UserEmailTaken): r.create_user()(actor=Actor.system('bench'), email=e, password=p, role='reader')\n"
        "print(r.sign_in()(email=e, password=p).access)"
    )
    done = subprocess.run([sys.executable, "-c", script], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, check=True)
    with psycopg.connect(DATABASE) as database:
        row = database.execute("SELECT id FROM accounts_user WHERE email = 'peers@clinic.example'").fetchone()
    assert row
    claims = {"token_type": "access", "exp": 9999999999, "jti": "1", "user_id": str(row[0])}
    return done.stdout.split()[-1], jwt.encode(claims, SECRET, "HS256")


def main() -> None:
    ours, theirs = sign_in()
    with psycopg.connect(DATABASE) as database:
        found = database.execute("SELECT id FROM patients_patient TABLESAMPLE SYSTEM_ROWS(500)") if False else database.execute("SELECT id FROM patients_patient LIMIT 5000")
        ids = Random(7).sample([str(row[0]) for row in found], 500)
    peers = [Peer.start(name, ours if name == "registry" else theirs) for name in ("registry", "drf", "ninja", "floor")]
    paths = {"one": [f"/patients/{one}/" for one in ids], "page": ["/patients/?limit=100"]}
    for case, calls in CALLS.items():
        spent: dict[str, list[float]] = {peer.name: [] for peer in peers}
        for turn in range(ROUNDS):
            for peer in peers:
                found = peer.milliseconds(calls, paths[case])
                if turn:
                    spent[peer.name] += found
        middle = {name: median(times) for name, times in spent.items()}
        for name, milliseconds in middle.items():
            ratio = middle["registry"] / milliseconds
            print(f"{case:<6}{name:<10}{milliseconds:8.2f} ms  {ratio:6.2f}  target {TARGETS[case].get(name, '')}")
    for peer in peers:
        assert peer.process.stdin
        peer.process.stdin.close()
        peer.process.wait()


if __name__ == "__main__":
    main()
