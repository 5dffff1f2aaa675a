import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MAX_SECRET_BYTES = 10_000


def secret(name: str, default: str = "") -> str:
    """The variable `name`, or the content of the file that `{name}_FILE` names, without the line feed at its end.

    Raises `ImproperlyConfigured` where both are set, or the file cannot be read. A secret is taken literally: a `$` at
    its beginning does not name another variable.
    """
    path = os.environ.get(f"{name}_FILE", "")
    if not path:
        return os.environ.get(name) or default
    if os.environ.get(name):
        raise ImproperlyConfigured(f"Set either {name} or {name}_FILE, not both.")
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_SECRET_BYTES + 1)
        if len(content) > MAX_SECRET_BYTES:
            raise ImproperlyConfigured(f"{name}_FILE must be at most {MAX_SECRET_BYTES} bytes.")
        return content.decode().removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{name}_FILE must be UTF-8.") from None
