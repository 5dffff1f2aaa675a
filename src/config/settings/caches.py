import re
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry


def require_shared_cache(url: str, processes: str) -> None:
    if not re.fullmatch("0*[1-9][0-9]{0,3}", processes):
        raise ImproperlyConfigured("GRANIAN_WORKERS must be a whole number of processes, such as 2.")
    if int(processes) > 1 and not url:
        raise ImproperlyConfigured(
            "Set CACHE_URL to a Redis that all processes share, such as redis://host:6379/0, or GRANIAN_WORKERS=1: "
            "otherwise each process would count calls and sign-ins by itself."
        )


def cache(url: str) -> dict[str, object]:
    """A `CACHES` entry for a Redis URL, or for a cache in each process without one."""
    if not url:
        many = {"MAX_ENTRIES": 100_000}
        return {"BACKEND": "adapters.caching.counting.ProcessCache", "OPTIONS": many}
    if urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured("CACHE_URL must be a Redis URL, such as redis://host:6379/0.")
    return {
        "BACKEND": "adapters.caching.counting.SharedCache",
        "LOCATION": url,
        "KEY_PREFIX": "patient-registry",
        "OPTIONS": {
            "serializer": "adapters.caching.backend.PlainSerializer",
            "socket_connect_timeout": 0.2,
            "socket_timeout": 0.2,
            "retry": Retry(NoBackoff(), 0),
        },
    }
