from pathlib import Path

import environ


def database(url: str) -> dict[str, object]:
    """A `DATABASES` entry for a URL, with what the registry needs of each engine."""
    settings: dict[str, object] = dict(environ.Env.db_url_config(url))
    if settings["ENGINE"] == "django.db.backends.sqlite3":
        Path(str(settings["NAME"])).parent.mkdir(parents=True, exist_ok=True)
        return settings | {
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",  # a deferred one fails at once when it has to wait for a lock
                "timeout": 20,
                "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
            }
        }
    return settings | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
