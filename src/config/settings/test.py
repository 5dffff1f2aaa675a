import os
import tempfile
from pathlib import Path

from config.settings.base import *
from config.settings.base import DATABASES, DEVELOPMENT_SECRET, LIMITS
from config.settings.databases import database

DJANGO_ENV = "test"
SECRET_KEY = DEVELOPMENT_SECRET
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Shared by the workers of one run, and by nobody else.
_SCRATCH = Path(tempfile.gettempdir()) / f"registry-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"

# A file, as the in-memory one that connections share fails under threads.
DATABASES["default"]["TEST"] = {"NAME": str(_SCRATCH / "registry.sqlite3")}
# The tests start this server, which listens on a socket in its data directory and nowhere else.
DATABASES["postgres"] = database("postgres://postgres@/postgres") | {
    "HOST": str(_SCRATCH / "postgres"),
    "TEST": {"DEPENDENCIES": []},  # made for a test that uses it alone, too
}

LIMITS = dict.fromkeys(LIMITS, "1000000/second")
ACCESS_LOG_DELAY = 0  # a thread would write to databases of other tests
WHITENOISE_AUTOREFRESH = True  # each of Django's test clients would read every static file
