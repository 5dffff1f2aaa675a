import re

from django.core.exceptions import ImproperlyConfigured


def time_of_day(raw: str) -> tuple[int, int] | None:
    """From `02:30`: hour and minute. None for nothing."""
    found = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", raw)
    if raw and not found:
        raise ImproperlyConfigured(f"NIGHTLY_SYNC must be a time of day, such as 02:30. It is {raw!r}.")
    return (int(found[1]), int(found[2])) if found else None
