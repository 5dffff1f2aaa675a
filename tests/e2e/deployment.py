"""A whole deployment, of which every place that keeps bytes outside the database can be read."""

import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import redis as redis_client
from attrs import frozen

from tests.e2e.brokers import redis
from tests.e2e.conftest import ROOT
from tests.e2e.production import Production, served
from tests.e2e.workers import running
from tests.programs import free_port

ADDRESS = "10.0.0.7"  # of all callers


@frozen
class Deployment:
    directory: Path
    url: str
    pids: tuple[int, ...]

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": ADDRESS}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=30)

    def places(self) -> Iterator[tuple[str, bytes]]:
        """By name: logs, all that was ever written to Redis, files of requests, metrics, arguments of processes."""
        for file in sorted(self.directory.rglob("*")):
            if file.is_file():
                yield str(file.relative_to(self.directory)), file.read_bytes()
            yield "names of files", file.name.encode()
        with self.client() as client:
            yield "metrics", client.get("/metrics").content
        for pid in self.pids:
            for process in family(pid):
                yield "arguments", Path(f"/proc/{process}/cmdline").read_bytes()


def family(pid: int) -> list[int]:
    """The process and those that it started, which still run."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


@contextmanager
def deployment(production: Production, directory: Path, **settings: str) -> Generator[Deployment]:
    """With a server, a worker, a beat, and Redis for both the cache and the broker."""
    for name in ("redis", "temporary", "metrics", "logs"):
        (directory / name).mkdir(parents=True)
    with ExitStack() as stack:
        cache = stack.enter_context(redis(free_port(), directory / "redis"))
        with redis_client.Redis.from_url(cache) as database:
            database.config_set("auto-aof-rewrite-percentage", 0)
            database.config_set("appendonly", "yes")  # a file of all that is written
        environment = production.environment | settings | {
            "DJANGO_SETTINGS_MODULE": "tests.e2e.uncollected",
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "CACHE_URL": cache,
            "CELERY_BROKER_URL": cache.removesuffix("0") + "1",
            "TMPDIR": str(directory / "temporary"),
            "PROMETHEUS_MULTIPROC_DIR": str(directory / "metrics"),
            "JOB_SWEEP": "1",
        }  # fmt: skip
        celery = [sys.executable, "-m", "celery", "-A", "config.celery"]
        pids: list[int] = []
        for name, options in {
            "worker": ["worker", "--concurrency", "1", "--without-mingle", "--without-gossip"],
            "beat": ["beat", "--schedule", str(directory / "schedule")],
        }.items():
            log = stack.enter_context((directory / "logs" / name).open("wb"))
            started = stack.enter_context(running([*celery, *options], environment, log))
            pids.append(started.pid)
        log = stack.enter_context((directory / "logs" / "server").open("wb"))
        process, client = stack.enter_context(served(environment, "", log))
        with client() as one:
            url = str(one.base_url)
        yield Deployment(directory, url, (*pids, process.pid))
