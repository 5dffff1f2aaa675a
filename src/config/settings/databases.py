from pathlib import Path
from typing import cast

import environ

_SQLITE = {
    "transaction_mode": "IMMEDIATE",  # a deferred one fails at once when it has to wait for a lock
    "timeout": 2,  # and then tried again by DjangoAtomic
    # with temporary files in memory, a full disk fails a COMMIT alone, after which the connection is still usable
    "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; "
    "PRAGMA secure_delete = ON",  # what is erased is overwritten in the file, too
}
_POSTGRESQL = {
    "server_side_binding": True,
    "prepare_threshold": 5,
    "connect_timeout": 3,
    # A plan that suits a rare name does not suit a common one. Waiting holds a thread, so that too has an end.
    "options": "-c plan_cache_mode=force_custom_plan -c jit=off -c lock_timeout=3s -c statement_timeout=15s",
}


def database(url: str) -> dict[str, object]:
    """A `DATABASES` entry for a URL, with what the registry needs of each engine; options in the URL come first."""
    settings: dict[str, object] = dict(environ.Env.db_url_config(url))
    options = cast("dict[str, object]", settings.get("OPTIONS", {}))
    if settings["ENGINE"] == "django.db.backends.sqlite3":
        Path(str(settings["NAME"])).parent.mkdir(parents=True, exist_ok=True)
        # The files beside the database go with the last connection, and on a full disk they cannot be made again.
        return settings | {"OPTIONS": _SQLITE | options, "CONN_MAX_AGE": None}
    return settings | {"OPTIONS": _POSTGRESQL | options, "CONN_MAX_AGE": 600}
