from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse


def live(_request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@inject
def ready(
    _request: HttpRequest,
    circuit_state: Annotated[str, Provide["circuit_state"]],
    cache_state: Annotated[str, Provide["cache_state"]],
) -> JsonResponse:
    """Whether requests should be sent here: 503 without the database or before its migrations. The cache or upstream
    being down is reported and is no reason to stop serving."""
    database = _database()
    ok = database == "ok"
    checks = {"database": database, "cache": cache_state, "upstream_circuit": circuit_state}
    return JsonResponse({"status": "ok" if ok else "unavailable", "checks": checks}, status=200 if ok else 503)


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError):
        return "unavailable"
    return "migrations pending" if pending else "ok"
