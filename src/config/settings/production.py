from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *
from config.settings.base import BASE_DIR, DEVELOPMENT_SECRET, env

SHORTEST_SECRET = 50

DJANGO_ENV = "production"
SECRET_KEY = env.str("SECRET_KEY", "")
if len(SECRET_KEY) < SHORTEST_SECRET or SECRET_KEY == DEVELOPMENT_SECRET:
    raise ImproperlyConfigured(f"Set SECRET_KEY to a secret of your own, of at least {SHORTEST_SECRET} characters.")
ALLOWED_HOSTS = [host for host in env.str("ALLOWED_HOSTS", "").split(",") if host]
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the host names this registry is reached by, separated by commas.")

# TLS ends at a proxy. TrustedProxiesMiddleware leaves this header only where a trusted one has set it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = ["^health/", "^metrics/?$"]
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True

# The files that collectstatic has collected, each under a name that changes with what it holds.
STATIC_ROOT = BASE_DIR / "var" / "static"
WHITENOISE_USE_FINDERS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
