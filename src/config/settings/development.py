from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *
from config.settings.base import DATABASES, DEVELOPMENT_SECRET, env
from config.settings.secret_files import secret

DJANGO_ENV = "development"
SECRET_KEY = secret("SECRET_KEY", DEVELOPMENT_SECRET)
if SECRET_KEY == DEVELOPMENT_SECRET and "sqlite3" not in str(DATABASES["default"]["ENGINE"]):
    raise ImproperlyConfigured(
        "Set SECRET_KEY to your own secret: the development secret is public, and serves with SQLite only."
    )
ALLOWED_HOSTS = env.str("ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")
LOG_READABLE = True
