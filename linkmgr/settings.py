"""The one settings file. What differs from machine to machine comes from LINKMGR_* variables (docs/operations.md)."""

import logging
from datetime import timedelta
from pathlib import Path

import pghistory
import structlog
from csp.constants import NONCE, SELF

from linkmgr.environment import choice, database, env, mail_server, number, switch, time_zone
from linkmgr.error_text import without_rows

BASE_DIR = Path(__file__).resolve().parent.parent
INSECURE_SECRET_KEY = "insecure: for development only"  # noqa: S105 linkmgr.E001 refuses it

# ── the machine ──────────────────────────────────────────────────────────────────────────────────────────────────────
SECRET_KEY = env.str("LINKMGR_SECRET_KEY", default=INSECURE_SECRET_KEY)
DEBUG = switch("LINKMGR_DEBUG", default=False)
ALLOWED_HOSTS = env.list("LINKMGR_ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("LINKMGR_CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = switch("LINKMGR_HTTPS", default=False)
PROXY_COUNT = number("LINKMGR_PROXY_COUNT", default=0)
DEVICE_NAME = env.str("LINKMGR_DEVICE_NAME", default="linkmgr")
MAX_BODY_BYTES = number("LINKMGR_MAX_BODY_MIB", default=32) * 1024 * 1024
MAX_STREAM_BYTES = number("LINKMGR_MAX_STREAM_MIB", default=1024) * 1024 * 1024
LOCK_TIMEOUT = number("LINKMGR_LOCK_TIMEOUT_SECONDS", default=20)
REQUEST_SECONDS = number("LINKMGR_REQUEST_SECONDS", default=120)
RATE_LIMIT = number("LINKMGR_RATE_LIMIT", default=0)
WORKERS = number("LINKMGR_WORKERS", default=2, least=1, most=1000)
THREADS = number("LINKMGR_THREADS", default=16, least=1, most=1000)
SIGN_IN_LIMIT = number("LINKMGR_SIGN_IN_LIMIT", default=5, least=1)
SIGN_IN_PAUSE = timedelta(minutes=number("LINKMGR_SIGN_IN_PAUSE_MINUTES", default=15, least=1))
CORS_ALLOWED_ORIGINS = [each.strip().lower() for each in env.list("LINKMGR_CORS_ORIGINS", default=[])]
PRIVATE_WEBHOOKS = switch("LINKMGR_PRIVATE_WEBHOOKS", default=False)
globals().update(mail_server("LINKMGR_EMAIL_URL", default="smtp://localhost:25"))
EMAIL_TIMEOUT = 10
METRICS_TOKEN = env.str("LINKMGR_METRICS_TOKEN", default="")
METRICS_DIR = env.str("LINKMGR_METRICS_DIR", default="")
DEFAULT_FROM_EMAIL = env.str("LINKMGR_EMAIL_FROM", default="linkmgr@localhost")

# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────────────────────────
PGBOUNCER = switch("LINKMGR_PGBOUNCER", default=False)
DATABASES = {
    "default": {
        **database("LINKMGR_DATABASE_URL", default="postgres:///linkmgr"),
        "ENGINE": "linkmgr.database",
        "CONN_MAX_AGE": None,  # a new connection per request is ten times slower
        "CONN_HEALTH_CHECKS": True,  # a restart of PostgreSQL is survived without a restart here
        "DISABLE_SERVER_SIDE_CURSORS": PGBOUNCER,
    }
}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)  # or a lost host is waited for minutes
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── the house ────────────────────────────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "linkmgr",
    "linkmgr.accounts",
    "linkmgr.history",
    "linkmgr.lists",
    "linkmgr.notifications",
    "linkmgr.files",
    "linkmgr.api",
    "apartments",
    "timeprofiles",
    "contacts",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
    "knox",
    "axes",
    "csp",
    "pgtrigger",
    "pghistory",
]
MIDDLEWARE = [
    "linkmgr.logs.RequestId",
    "linkmgr.headers.SecureHeaders",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "linkmgr.health.Health",
    *(["linkmgr.metrics.middleware.Metrics"] if METRICS_TOKEN else ()),
    *(["corsheaders.middleware.CorsMiddleware"] if CORS_ALLOWED_ORIGINS else ()),  # answers OPTIONS where it stands
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "linkmgr.logs.RequestLog",
    "linkmgr.api.rate_headers.RateLimitHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "linkmgr.urls"
WSGI_APPLICATION = "linkmgr.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]
STATIC_URL = "static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_USE_FINDERS = True  # no collectstatic step between a checkout and a running admin
LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = time_zone("LINKMGR_TIME_ZONE", default="UTC")

# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = None  # unknown parameters are ignored, however many; the size is limited
FILE_UPLOAD_HANDLERS = ["linkmgr.files.receiving.CappedUpload"]  # the limit above is not one of files
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["linkmgr.accounts.tokens.BearerToken"],
    "DEFAULT_PERMISSION_CLASSES": ["linkmgr.accounts.permissions.RightOfToken"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "linkmgr.api.negotiation.OneForm",
    "DEFAULT_SCHEMA_CLASS": "linkmgr.api.openapi.DeviceSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "linkmgr.api.errors.answer",
    "UNAUTHENTICATED_USER": None,
}
CORS_URLS_REGEX = "^/api/"
CORS_ALLOW_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "prefer",
    "x-request-id",
)
CORS_EXPOSE_HEADERS = (
    "Allow",
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Limit",
    "RateLimit-Policy",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Change-Set",
    "X-Request-ID",
)
SPECTACULAR_SETTINGS = {
    "TITLE": "linkmgr",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DEFAULT_GENERATOR_CLASS": "linkmgr.api.openapi.Generator",
    "POSTPROCESSING_HOOKS": [],  # enums stay where they are
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"validatorUrl": None, "deepLinking": True, "filter": True},
}

# ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "linkmgr.accounts.sign_in.DevicePasswordBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
] + [{"NAME": "linkmgr.accounts.sign_in.NotTheDevicePassword"}]
KNOX_TOKEN_MODEL = "accounts.Token"  # noqa: S105
MIGRATION_MODULES = {"knox": None}  # its own token table would stand there unused
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_TTL": None, "SECURE_HASH_ALGORITHM": "hashlib.sha512"}
AXES_FAILURE_LIMIT = SIGN_IN_LIMIT
AXES_COOLOFF_TIME = SIGN_IN_PAUSE
AXES_LOCKOUT_PARAMETERS = ["username"]  # an address can be changed, the account guessed at cannot
AXES_USERNAME_CALLABLE = "linkmgr.accounts.lockout.counted_name"
AXES_CLIENT_IP_CALLABLE = "linkmgr.accounts.address.address_of"
AXES_RESET_ON_SUCCESS = False  # linkmgr.accounts.lockout does, for devices too
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # or a guesser could lock the owner out for good
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken"]  # which it would keep, or log
AXES_LOCKOUT_CALLABLE = "linkmgr.api.errors.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # devices sign in every two hours; the request log has it already
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # a lock ends by itself

# ── history ──────────────────────────────────────────────────────────────────────────────────────────────────────────
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)  # each index costs as much as a column
PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE = False  # a change set is kept by linkmgr.history instead

# ── security ─────────────────────────────────────────────────────────────────────────────────────────────────────────
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
CSRF_COOKIE_HTTPONLY = True  # no script of ours asks for it
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None
X_FRAME_OPTIONS = "DENY"
DEFAULT_EXCEPTION_REPORTER = "linkmgr.debug_page.Reporter"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "frame-ancestors": ["'none'"],
        "form-action": [SELF],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SILENCED_SYSTEM_CHECKS = ["axes.W006"]  # locks the account whatever the address, see above

# ── logs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
LOG_LEVEL = choice("LINKMGR_LOG_LEVEL", default="INFO", among=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
SHARED_PROCESSORS: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
]
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # linkmgr.logs.RequestId has looked at it
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # one line a request is enough
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                without_rows,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": SHARED_PROCESSORS,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    # says of 4xx and 503 what has been said already
    "filters": {"untold": {"()": "django.utils.log.CallbackFilter", "callback": lambda told: told.status_code != 503}},
    "loggers": {
        "django.request": {"level": "ERROR", "filters": ["untold"]},
        "django.db.backends": {"level": "INFO"},  # SQL has keys of sessions in it, and whatever is stored
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
structlog.configure(
    processors=[
        *SHARED_PROCESSORS,
        structlog.stdlib.filter_by_level,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
