from datetime import UTC, datetime
from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from core.errors import Unavailable
from core.ports import Clock


def live(_request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@inject
def ready(
    _request: HttpRequest,
    circuit_state: Annotated[str, Provide["circuit_state"]],
    cache_state: Annotated[str, Provide["cache_state"]],
    clock: Annotated[Clock, Provide["clock"]],
) -> JsonResponse:
    """Whether requests should be sent here: 503 without the database or before its migrations. The cache or upstream
    being down is reported and is no reason to stop serving. Neither is a wall clock of this host that is wrong:
    `clock_skew_seconds` is how far it is ahead of the registry's, null while that is not known."""
    database = _database()
    ok = database == "ok"
    checks = {
        "database": database,
        "cache": cache_state,
        "upstream_circuit": circuit_state,
        "clock_skew_seconds": _skew(clock),
    }
    return JsonResponse({"status": "ok" if ok else "unavailable", "checks": checks}, status=200 if ok else 503)


def _skew(clock: Clock) -> float | None:
    try:
        return round((datetime.now(UTC) - clock.now()).total_seconds(), 1) + 0.0  # no -0.0
    except Unavailable:
        return None


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError):
        return "unavailable"
    return "migrations pending" if pending else "ok"
