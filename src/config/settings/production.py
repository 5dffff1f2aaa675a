from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *
from config.settings.base import AUDIT_KEY, AUDIT_KEY_FALLBACKS, DEVELOPMENT_SECRET, SECRET_KEY_FALLBACKS, env
from config.settings.caches import require_shared_cache
from config.settings.places import DATA_DIR
from config.settings.secret_files import secret

MIN_SECRET_LENGTH = 50

DJANGO_ENV = "production"
SECRET_KEY = secret("SECRET_KEY")
for name, keys in {
    "SECRET_KEY": [SECRET_KEY],
    "SECRET_KEY_FALLBACKS": SECRET_KEY_FALLBACKS,
    "AUDIT_KEY": [AUDIT_KEY] if AUDIT_KEY else [],
    "AUDIT_KEY_FALLBACKS": AUDIT_KEY_FALLBACKS,
}.items():
    if any(len(key) < MIN_SECRET_LENGTH or key == DEVELOPMENT_SECRET for key in keys):
        raise ImproperlyConfigured(f"Set {name} to secrets of your own, of at least {MIN_SECRET_LENGTH} characters.")
ALLOWED_HOSTS = [host for host in env.str("ALLOWED_HOSTS", "").split(",") if host]
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the host names this registry is reached by, separated by commas.")

if not secret("DATABASE_URL"):
    raise ImproperlyConfigured(
        "Set DATABASE_URL to a PostgreSQL database, such as postgres://user:password@host/name. "
        "SQLite is for trying the registry out; to use it all the same, name its file: sqlite:////path/registry.sqlite3"
    )

require_shared_cache(secret("CACHE_URL"), env.str("GRANIAN_WORKERS", "2"))

# TLS ends at a proxy. TrustedProxiesMiddleware leaves this header only where a trusted one has set it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = ["^health/", "^metrics/?$"]
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True

# The files that collectstatic has collected, each under a name that changes with what it holds.
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
