"""The registry beside plain DRF, django-ninja and the floor: each in its own process, in turn, on one database.

Needs BENCH_DATABASE_URL, a PostgreSQL database that `reads.py` has filled, and a Redis at BENCH_CACHE_URL.
"""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles

import jwt
import psycopg
from attrs import frozen

ROOT = Path(__file__).parents[1]
DATABASE = os.environ["BENCH_DATABASE_URL"]
ROUNDS, CALLS = 30, {"one": 100, "page": 10}
TARGETS: dict[str, dict[str, float]] = {
    "one": {"drf": 0.2, "ninja": 0.7, "floor": 3.5},
    "page": {"drf": 0.03, "ninja": 0.35, "floor": 3},
}
SECRET = secrets.token_urlsafe(64)
ENVIRONMENT = os.environ | {
    "DATABASE_URL": DATABASE,
    "SECRET_KEY": SECRET,
    "DJANGO_ENV": "production",
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "ALLOWED_HOSTS": "testserver",
    "TRUSTED_PROXIES": "192.0.2.1",
    "LIMIT_USER": "1000000/second",
    "CACHE_URL": os.environ.get("BENCH_CACHE_URL", "redis://127.0.0.1:6379/5"),
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
        plain = {"DJANGO_SETTINGS_MODULE": "benchmarks.peers.django_settings", "PEER": f"benchmarks.peers.{name}"}
        process = subprocess.Popen(
            command,
            env=ENVIRONMENT | ({} if ours else plain),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        return cls(name, "/api/v1" if ours else "", process)

    def milliseconds(self, times: int, paths: list[str]) -> list[float]:
        assert self.process.stdin
        assert self.process.stdout
        print(times, *(self.prefix + path for path in paths), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def sign_in() -> tuple[str, str]:
    """A token for the registry, and one of the same account for the peers."""
    command = [sys.executable, "-m", "benchmarks.peers.registry"]
    done = subprocess.run(command, env=ENVIRONMENT, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    account, token = done.stdout.split()
    claims = {"token_type": "access", "exp": 2**32, "jti": "1", "user_id": account}
    return token, jwt.encode(claims, SECRET, "HS256")


def compare(case: str, paths: list[str], peers: list[Peer]) -> None:
    """In each round, every peer answers the same calls; the first round warms up."""
    spent: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for turn in range(ROUNDS + 1):
        for peer in peers:
            found = peer.milliseconds(CALLS[case], paths)
            if turn:
                spent[peer.name] += found
    middle = {name: median(times) for name, times in spent.items()}
    for name, milliseconds in middle.items():
        spread = quantiles(spent[name], n=10)
        target = TARGETS[case].get(name, "")
        print(f"{case:<6}{name:<10}{milliseconds:8.2f} ms ({spread[0]:.2f} to {spread[-1]:.2f})", end="")
        print(f"{middle['registry'] / milliseconds:8.2f}  {target}")


def main() -> None:
    ours, theirs = sign_in()
    with psycopg.connect(DATABASE) as database:
        found = database.execute("SELECT id FROM patients_patient ORDER BY md5(id::text) LIMIT 500").fetchall()
    ids = [str(row[0]) for row in found]
    peers = [Peer.start(name, ours if name == "registry" else theirs) for name in ("registry", "drf", "ninja", "floor")]
    print("Median (80 % of the calls), the registry's ratio to it, and the ratio aimed at.")
    compare("one", [f"/patients/{one}/" for one in ids], peers)
    compare("page", ["/patients/?limit=100"], peers)
    for peer in peers:
        peer.stop()


if __name__ == "__main__":
    main()
