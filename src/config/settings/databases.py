from pathlib import Path

import environ

_SQLITE = {
    "transaction_mode": "IMMEDIATE",  # a deferred one fails at once when it has to wait for a lock
    "timeout": 5,
    "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
}
_POSTGRESQL = {
    "server_side_binding": True,
    "prepare_threshold": 5,
    "options": "-c plan_cache_mode=force_custom_plan",  # what suits a rare name does not suit a common one
}


def database(url: str) -> dict[str, object]:
    """A `DATABASES` entry for a URL, with what the registry needs of each engine."""
    settings: dict[str, object] = dict(environ.Env.db_url_config(url))
    if settings["ENGINE"] == "django.db.backends.sqlite3":
        Path(str(settings["NAME"])).parent.mkdir(parents=True, exist_ok=True)
        return settings | {"OPTIONS": _SQLITE}
    return settings | {"OPTIONS": _POSTGRESQL, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
