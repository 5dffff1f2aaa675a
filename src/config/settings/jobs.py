import re
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def broker(url: str) -> str:
    if url and urlsplit(url).scheme not in {"redis", "rediss", "amqp", "amqps"}:
        raise ImproperlyConfigured(
            "CELERY_BROKER_URL must name Redis or RabbitMQ, such as redis://host:6379/1 or amqp://user@host:5672//."
        )
    return url


def seconds(name: str, given: float) -> float:
    if not 1 <= given <= 3600:
        raise ImproperlyConfigured(f"{name} takes seconds, from 1 to 3600.")
    return given


def time_of_day(raw: str) -> tuple[int, int] | None:
    """From `02:30`: hour and minute. None for nothing."""
    found = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", raw)
    if raw and not found:
        raise ImproperlyConfigured(f"NIGHTLY_SYNC must be a time of day, such as 02:30. It is {raw!r}.")
    return (int(found[1]), int(found[2])) if found else None


def nightly(raw: str, broker_url: str) -> tuple[int, int] | None:
    at = time_of_day(raw)
    if at and not broker_url:
        raise ImproperlyConfigured(
            "NIGHTLY_SYNC needs CELERY_BROKER_URL. Without a broker, have cron run: python manage.py sync_patients"
        )
    return at
