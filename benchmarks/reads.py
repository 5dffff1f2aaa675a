"""The cost of deep pages and of searches among a million patients, beside the first page, in one process and one run.

Fills a PostgreSQL database of its own: BENCH_DATABASE_URL=postgres://… python benchmarks/reads.py
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1] / "src"), str(Path(__file__).parents[1])]
os.environ["DATABASE_URL"] = os.environ["BENCH_DATABASE_URL"]
os.environ.setdefault("SECRET_KEY", os.urandom(32).hex())
os.environ["LIMIT_USER"] = "1000000/second"
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.development"

import django
from django.conf import settings

django.setup()

from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from adapters.telemetry import logging
from benchmarks.filling import cursor_at, fill
from config.apps import RegistryConfig
from core.access import Actor
from core.accounts.errors import UserEmailTaken

PATIENTS = int(os.environ.get("BENCH_PATIENTS", "1000000"))
EMAIL, PASSWORD = "bench@clinic.example", "correct horse battery"

settings.ALLOWED_HOSTS = ["testserver"]


def sign_in() -> str:
    registry = RegistryConfig.current().container
    with suppress(UserEmailTaken):
        registry.create_user()(actor=Actor.system("bench"), email=EMAIL, password=PASSWORD, role="reader")
    return registry.sign_in()(email=EMAIL, password=PASSWORD).access


def environ_of(url: str, token: str) -> dict[str, Any]:
    return RequestFactory().get(url, HTTP_AUTHORIZATION=f"Bearer {token}").environ


def call(app: WSGIHandler, environ: dict[str, Any]) -> bytes:
    statuses: list[str] = []

    def start_response(status: str, *_: object) -> Callable[[bytes], object]:
        statuses.append(status)
        return bytes

    response = app(dict(environ), start_response)
    body = b"".join(response)
    response.close()
    if not statuses[0].startswith("200"):
        raise SystemExit(f"{environ['PATH_INFO']} answered {statuses[0]}: {body[:300]!r}")
    return body


def paired(work: Callable[[], object], first_page: Callable[[], object], times: int) -> tuple[float, float]:
    """Median milliseconds of each; they take turns."""
    spent: tuple[list[float], list[float]] = ([], [])
    for turn in range(times + 3):
        for call_it, record in zip((work, first_page), spent, strict=True):
            started = perf_counter()
            call_it()
            if turn >= 3:
                record.append((perf_counter() - started) * 1000)
    return median(spent[0]), median(spent[1])


def report(what: str, milliseconds: float, first_page: float, promise: str = "") -> None:
    print(f"{what:<30}{milliseconds:>10.2f} ms{first_page:>12.2f} ms{milliseconds / first_page:>8.3f}  {promise}")


def main() -> None:
    logging.set_up(readable=False)  # as in production
    fill(PATIENTS)
    token, app = sign_in(), WSGIHandler()
    first = environ_of("/api/v1/patients/?limit=100", token)
    print(f"{PATIENTS:,} patients on PostgreSQL\n{'':<30}{'':>13}{'first page':>15}{'ratio':>8}")
    if PATIENTS > 900_000:
        deep = environ_of(f"/api/v1/patients/?limit=100&cursor={cursor_at(9_000 * 100)[1]}", token)
        late = paired(lambda: call(app, deep), lambda: call(app, first), 100)
        report("page 9,000", *late, "promised: at most 1.2")
    for q in ("first12", "f", "first12+last7", "last19999", "nobody"):
        search = environ_of(f"/api/v1/patients/?limit=100&q={q}", token)
        report(f"search q={q}", *paired(lambda search=search: call(app, search), lambda: call(app, first), 10))


if __name__ == "__main__":
    main()
