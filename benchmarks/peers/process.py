"""An application in a process of its own, with the settings of production."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import jwt
from attrs import frozen

ROOT = Path(__file__).parents[2]
REGISTRY = "registry"
Call = tuple[str, str, dict[str, Any] | None]
"""Method, path and body."""


@frozen
class Environment:
    database: str
    cache: str
    secret: str

    @classmethod
    def new(cls, database: str, cache: str) -> "Environment":
        return cls(database, cache, secrets.token_urlsafe(64))

    def variables(self, name: str) -> dict[str, str]:
        ours = name == REGISTRY
        settings = "config.settings.production" if ours else "benchmarks.peers.django_settings"
        return os.environ | {
            "DATABASE_URL": self.database,
            "SECRET_KEY": self.secret,
            "DJANGO_ENV": "production",
            "DJANGO_SETTINGS_MODULE": settings,
            "PEER": f"benchmarks.peers.{name}",
            "ALLOWED_HOSTS": "testserver",
            "TRUSTED_PROXIES": "192.0.2.1",
            "LIMIT_USER": "10000000/minute",
            "CACHE_URL": self.cache,
            "GRANIAN_WORKERS": "1",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}",
        }

    def run(self, module: str, *arguments: str) -> str:
        """What a module of the registry prints, run as a program."""
        command = [sys.executable, "-m", module, *arguments]
        variables = self.variables(REGISTRY)
        return subprocess.run(command, env=variables, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout

    def token_of(self, account: str) -> str:
        """As the peers take it."""
        claims = {"token_type": "access", "exp": 2**32, "jti": "1", "user_id": account}
        return jwt.encode(claims, self.secret, "HS256")


@frozen
class Peer:
    name: str
    process: "subprocess.Popen[str]"

    @classmethod
    def start(cls, name: str, token: str, environment: Environment) -> "Peer":
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.peers.serve", name, token],
            env=environment.variables(name),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # the registry's log
            text=True,
            cwd=ROOT,
        )
        return cls(name, process)

    def milliseconds(self, calls: list[Call]) -> list[float]:
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps(calls), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with {self.process.wait()}.")
        return json.loads(line)

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
