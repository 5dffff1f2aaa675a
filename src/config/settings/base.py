"""What every environment shares. All that differs between installations comes from environment variables."""

import environ
from csp.constants import NONE, SELF

from config.settings.caches import cache
from config.settings.databases import database
from config.settings.jobs import broker, nightly, seconds
from config.settings.networks import origins, trusted_proxies
from config.settings.places import DATA_DIR, SCHEMA_FILE
from config.settings.secret_files import secret
from core import __version__
from core.access_log.entities import AccessAction
from core.jobs.entities import JobState
from core.matching.entities import PairState
from core.matching.scoring import DEFAULT_THRESHOLDS
from core.patients.audit import Action
from core.patients.fields import SETTABLE
from core.patients.use_cases.swap import Swappable
from core.patients.values import Status
from core.sync.change_limits import DEFAULT_LIMITS
from core.sync.entities import SYNCABLE
from core.upstreams.entities import CircuitState

env = environ.Env()

DEBUG = False  # its pages would take the place of our problem documents

DEVELOPMENT_SECRET = "for development only: production refuses to start with this secret"

SECRET_KEY_FALLBACKS = [key for key in secret("SECRET_KEY_FALLBACKS").split(",") if key]
AUDIT_KEY = secret("AUDIT_KEY")
AUDIT_KEY_FALLBACKS = [key for key in secret("AUDIT_KEY_FALLBACKS").split(",") if key]
ERASURE_LEDGER = env.str("ERASURE_LEDGER", "")
ACCESS_LOG_DELAY = 0.25  # seconds; a killed process loses the entries of that time, and those that are being stored
CSRF_FAILURE_VIEW = "adapters.http_api.rest.errors.forbidden"

INSTALLED_APPS = [
    "adapters.web",  # first, so that its translations of a text are used before those of Django
    "adapters.django_orm.admin_site.apps.RegistryAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "adapters.django_orm.access_log",
    "adapters.django_orm.accounts",
    "adapters.django_orm.admin_site.apps.AdminPagesConfig",
    "adapters.django_orm.db",
    "adapters.django_orm.idempotency",
    "adapters.django_orm.imports",
    "adapters.django_orm.jobs",
    "adapters.django_orm.patients",
    "adapters.django_orm.posts",
    "adapters.django_orm.matching",
    "adapters.django_orm.sync",
    "adapters.django_orm.undo",
    "adapters.django_orm.upstreams",
    "adapters.http_api",
    "adapters.cli",
    "config",
]

MIDDLEWARE = [
    "adapters.http_api.rest.proxies.TrustedProxiesMiddleware",
    "adapters.telemetry.request_context.RequestContextMiddleware",
    "adapters.fhir_api.outcomes.OutcomeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "adapters.http_api.rest.page_middleware.PagePolicyMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "adapters.http_api.rest.bounds.BoundsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "adapters.web.preferences.PreferencesMiddleware",
    "adapters.http_api.rest.page_middleware.PageSessionMiddleware",
    "adapters.http_api.rest.middleware.ContentLengthMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "adapters.http_api.rest.page_middleware.PageUserMiddleware",
    "adapters.http_api.rest.page_limits.PageLimitsMiddleware",
    "adapters.http_api.rest.page_middleware.PageMessagesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "adapters.http_api.rest.compression.CompressionMiddleware",
    "adapters.http_api.rest.middleware.ApiMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

DATABASES = {"default": database(secret("DATABASE_URL", f"sqlite:///{DATA_DIR}/registry.sqlite3"))}
CACHES = {"default": cache(secret("CACHE_URL"))}
LIMITS = {
    "anonymous": env.str("LIMIT_ANONYMOUS", "300/minute"),
    "user": env.str("LIMIT_USER", "3000/minute"),
    "sign_in": env.str("LIMIT_SIGN_IN", "10/minute"),
    "sign_in_address": env.str("LIMIT_SIGN_IN_ADDRESS", "60/minute"),
    "sign_in_email": env.str("LIMIT_SIGN_IN_EMAIL", "1000/hour"),
    "sign_in_known": "1/second",
    "sync": env.str("LIMIT_SYNC", "120/minute"),
}
CELERY_BROKER_URL = broker(secret("CELERY_BROKER_URL"))
JOB_LEASE = seconds("JOB_LEASE", env.float("JOB_LEASE", 60.0))
JOB_SWEEP = seconds("JOB_SWEEP", env.float("JOB_SWEEP", 30.0))
NIGHTLY_SYNC = nightly(env.str("NIGHTLY_SYNC", ""), CELERY_BROKER_URL)
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", 500_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024  # of a form, without the files that come with it
ADMIN_EMAIL = env.str("ADMIN_EMAIL", "")
ADMIN_PASSWORD = secret("ADMIN_PASSWORD")
BREACHED_PASSWORDS = env.str("BREACHED_PASSWORDS", "")
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["adapters.django_orm.accounts.sign_in.RegistryBackend"]
LOGIN_REDIRECT_URL = "/admin/"  # where `next` leads elsewhere
SESSION_ENGINE = "adapters.django_orm.admin_site.sessions"
SESSION_COOKIE_AGE = 30 * 60  # seconds that nobody does anything at the admin or the console
SESSION_SAVE_EVERY_REQUEST = True  # each request begins them again
SESSION_LASTS = 12 * 3600  # seconds after which one has to sign in again all the same

TRUSTED_PROXIES = trusted_proxies(env.str("TRUSTED_PROXIES", ""))
CORS_ALLOWED_ORIGINS = origins(env.str("CORS_ORIGINS", ""))
CORS_URLS_REGEX = "^/(api|fhir)/"
CORS_ALLOW_HEADERS = [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "if-none-exist",
    "prefer",
    "traceparent",
    "x-request-id",
]
CORS_EXPOSE_HEADERS = [
    "Accept-Patch",
    "Allow",
    "Content-Disposition",
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
    },
}
CSRF_COOKIE_HTTPONLY = True

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("ar", "العربية")]
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "UTC")
PHONE_REGION = env.str("PHONE_REGION", "US")
MATCH_CERTAIN = env.float("MATCH_CERTAIN", DEFAULT_THRESHOLDS.certain)
MATCH_POSSIBLE = env.float("MATCH_POSSIBLE", DEFAULT_THRESHOLDS.possible)
SYNC_FIELDS = [name.strip() for name in env.str("SYNC_FIELDS", "").split(",") if name.strip()]
SYNC_MAX_CHANGED = env.float("SYNC_MAX_CHANGED", DEFAULT_LIMITS.changed)
SYNC_MAX_ALIKE = env.float("SYNC_MAX_ALIKE", DEFAULT_LIMITS.alike)
IDENTIFIER_SYSTEMS = env.str("IDENTIFIER_SYSTEMS", "")

EXTERNAL_API_BASE_URL = env.str("EXTERNAL_API_BASE_URL", "")
EXTERNAL_API_TOKEN = secret("EXTERNAL_API_TOKEN")
EXTERNAL_API_TOKEN_URL = env.str("EXTERNAL_API_TOKEN_URL", "")
EXTERNAL_API_CLIENT_ID = env.str("EXTERNAL_API_CLIENT_ID", "")
EXTERNAL_API_CLIENT_SECRET = secret("EXTERNAL_API_CLIENT_SECRET")
EXTERNAL_API_SCOPE = env.str("EXTERNAL_API_SCOPE", "")
EXTERNAL_API_CLIENT_CERT = env.str("EXTERNAL_API_CLIENT_CERT", "")
EXTERNAL_API_CLIENT_KEY = env.str("EXTERNAL_API_CLIENT_KEY", "")
EXTERNAL_API_TIMEOUT = env.float("EXTERNAL_API_TIMEOUT", 5.0)
EXTERNAL_API_POLICY = env.str("EXTERNAL_API_POLICY", "")
SERVER_THREADS = env.int("GRANIAN_BLOCKING_THREADS", 8)

PROMETHEUS_MULTIPROC_DIR = env.str("PROMETHEUS_MULTIPROC_DIR", "")  # prometheus-client reads it as well, when imported

LOGGING_CONFIG = None  # config.apps sets logging up
LOG_READABLE = False

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["adapters.http_api.rest.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["adapters.http_api.rest.throttling.Throttle"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "adapters.http_api.rest.negotiation.Negotiation",
    "DEFAULT_PARSER_CLASSES": ["adapters.http_api.rest.parsers.JsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "adapters.http_api.rest.errors.answer_exception",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

OPENAPI_FILE = SCHEMA_FILE
SPECTACULAR_SETTINGS = {
    "TITLE": "Patient registry",
    "DESCRIPTION": "One trustworthy record per patient, kept in step with an upstream system.",
    "VERSION": __version__,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AccessActionEnum": list(AccessAction),
        "CircuitStateEnum": list(CircuitState),
        "EventActionEnum": list(Action),
        "JobStateEnum": list(JobState),
        "PairStateEnum": list(PairState),
        "PatientStatusEnum": list(Status),
        "SettableFieldEnum": list(SETTABLE),
        "SwappableEnum": list(Swappable),
        "SyncableStatusEnum": list(SYNCABLE),
    },
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "adapters.http_api.rest.openapi.finish",
    ],
}
