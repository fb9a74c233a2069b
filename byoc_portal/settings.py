"""All settings, from the environment; `docs/configuration.md` lists them."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import django_stubs_ext
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from byoc_portal import env
from byoc_portal.logging import configuration as logging_configuration

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("DATA_DIR", str(env.DATA_DIRECTORY))).resolve()

DEBUG = env.flag("DEBUG")
DEMO = env.flag("DEMO")
# Whether the demo installs a license of its own; without one no region can be activated in it.
DEMO_LICENSE = env.flag("DEMO_LICENSE", True)
SECRET_KEY = env.text("SECRET_KEY", "" if not DEBUG else "only-for-debugging-never-in-production-0123456789abcdef")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
PORTAL_URL = env.text("PORTAL_URL", "http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]
HTTPS = PORTAL_URL.startswith("https://")
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)

INSTALLED_APPS = [
    # First: its `changepassword` takes the place of Django's, which leaves no event.
    "activation.apps.ActivationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "activation.http.RequestIdentity",
    "activation.http.NoNul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "activation.http.IdleSessions",
    "activation.http.LimitedBodies",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "activation.http.RefusalsAsPages",
]

ROOT_URLCONF = "byoc_portal.urls"
WSGI_APPLICATION = "byoc_portal.wsgi.application"
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
                "activation.http.frame",
            ],
        },
    }
]


def database(url: str) -> dict[str, Any]:
    """Turn `DATABASE_URL` (sqlite:///PATH or postgresql://…) into Django's form."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": parts.path,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
            # Without a file of its own a test database lives in memory and no second process could open it.
            "TEST": {"NAME": f"{parts.path}.test"},
        }
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": dict(parse_qsl(parts.query)),
        }
    raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:/// or postgresql://")


DATABASES = {"default": database(env.text("DATABASE_URL", f"sqlite:///{DATA_DIR}/portal.sqlite3"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

BROKER_URL = env.text("BROKER_URL", f"redis+socket://{DATA_DIR}/valkey.sock")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": BROKER_URL.replace("redis+socket://", "unix://"),
        "KEY_PREFIX": "cache",
        "OPTIONS": {"serializer": "byoc_portal.cache.Json"},
    }
}

CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 10, "socket_connect_timeout": 5}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2}
CELERY_TASK_DEFAULT_QUEUE = "start"
# In memory: a file of last times could be found broken after a power cut, and then nothing would be swept. What comes
# hourly comes by the clock, so that no restart puts it off.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "activation.sweep", "schedule": env.number("SWEEP_SECONDS", 5), "options": {"queue": "control"}},
    "read_cores": {"task": "activation.read_cores", "schedule": crontab(minute="11"), "options": {"queue": "control"}},
    "checkpoint": {"task": "activation.checkpoint", "schedule": crontab(minute="41"), "options": {"queue": "control"}},
}

AUTH_USER_MODEL = "activation.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "activation.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_FORMS = {"reset_password": "activation.forms.password_reset.ResetPasswordForm"}
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# The key is an account, tried from one address or by one browser that signed in to it before. `login_failed_anywhere`
# counts an account's tries from everywhere but such browsers: whoever goes on trying locks out new ones only.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "30/15m/ip,5/15m/key",
    "login_failed_anywhere": "100/h/key",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "activation.forms.second_factor.AuthenticateForm",
    "reauthenticate": "activation.forms.second_factor.ReauthenticateForm",
}
MFA_ADAPTER = "activation.accounts.SecondFactorAdapter"
MFA_RECOVERY_CODES_SHOW_ONCE = True

# From the sign-in on, whatever is done meanwhile.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = env.number("SESSION_IDLE_SECONDS", 30 * 60)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
# When a person was last here.
ACTIVE_COOKIE_NAME = "__Host-active" if HTTPS else "active"
# By which a browser that signed in before is counted by itself.
BROWSER_COOKIE_AGE = 180 * 24 * 3600
BROWSER_COOKIE_NAME = "__Host-browser" if HTTPS else "browser"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = False
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrftoken"
CSRF_FAILURE_VIEW = "activation.views.problems.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
# 2 MiB in a field are refused beside it: a form that carries no file writes a byte as three signs.
DATA_UPLOAD_MAX_MEMORY_SIZE = 7 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
# A package's archive has 20 MiB at most; who is not signed in sends a name and a password.
MOST_BODY_BYTES = 21 * 1024 * 1024
MOST_BODY_BYTES_UNKNOWN = 3 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Where static files are not collected (no such directory: a checkout), they are served from their source.
if not STATIC_ROOT.is_dir():
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = False

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True


def mailer(url: str) -> dict[str, Any]:
    """Turn `EMAIL_URL` (console: or smtp[s|+tls]://USER:PASSWORD@HOST:PORT) into Django's form."""
    parts = urlsplit(url)
    if not parts.scheme.startswith("smtp"):
        # Made-up people's links may be read in the log of a demo; others may not.
        return {"BACKEND": "byoc_portal.mail.LogBackend", "OPTIONS": {"links": DEMO or DEBUG}}
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname or "localhost",
            "port": parts.port or (465 if parts.scheme == "smtps" else 587),
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtps",
            "timeout": 10,
        },
    }


MAILERS = {"default": mailer(env.text("EMAIL_URL", "console:"))}
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "BYOC Portal <portal@localhost>")

LOGGING_CONFIG = "byoc_portal.logging.configure"
LOGGING = logging_configuration(level=env.text("LOG_LEVEL", "INFO"))

# --- the product's own

REGIONS = env.words("REGIONS", "us-west-2")
MASTER_KEYS = env.words("MASTER_KEYS", "")
# Signs checkpoints and records: PEM (PKCS 8) or 32 bytes in base64; empty: keys/signing.key, made on first use.
SIGNING_KEY = env.text("SIGNING_KEY", "")
SIGNING_KEYS_RETIRED = env.words("SIGNING_KEYS_RETIRED")
# Signs licenses, on the vendor's server only; what was signed with it, or with a key of which the public half (32 bytes
# in base64) is listed, counts.
LICENSE_SIGNING_KEY = env.text("LICENSE_SIGNING_KEY", "")
LICENSE_VERIFY_KEYS = env.words("LICENSE_VERIFY_KEYS")
CHECKPOINT_FILE = env.text("CHECKPOINT_FILE", "") or str(DATA_DIR / "checkpoints.jsonl")
# Whether an event with a field that is not on its list is an error, or goes without the field and into the log.
STRICT_EVENTS = DEBUG
# Whom the roles trust where this portal is the control plane: the one identity below, never Zilliz's.
VENDOR_PRINCIPAL_ARN = env.text("VENDOR_PRINCIPAL_ARN", "")
# The role of Zilliz Cloud's control plane, from its public Terraform examples.
ZILLIZ_PRINCIPAL_ARN = env.text("ZILLIZ_PRINCIPAL_ARN", "arn:aws:iam::965570967084:role/zilliz-byoc")
# The portal's own identity in AWS, which the customers' roles trust: keys, or "host" for those that the host is given
# by AWS itself (an instance profile, a pod's role). Only workers use it; Terraform never sees it.
VENDOR_IDENTITY = env.text("VENDOR_IDENTITY", "")
VENDOR_ACCESS_KEY_ID = env.text("VENDOR_ACCESS_KEY_ID", "")
VENDOR_SECRET_ACCESS_KEY = env.text("VENDOR_SECRET_ACCESS_KEY", "")
VENDOR_SESSION_TOKEN = env.text("VENDOR_SESSION_TOKEN", "")
VENDOR_HOSTS_PORTAL = env.flag("VENDOR_HOSTS_PORTAL")
ZILLIZ_PACKAGE_URL = env.text(
    "ZILLIZ_PACKAGE_URL", "https://zilliz-byoc-bucket.s3.us-west-2.amazonaws.com/terraform-aws-iam.tar.gz"
)
AWS_ENDPOINT_URL = env.text("AWS_ENDPOINT_URL", "")
AWS_PROXY_URL = env.text("AWS_PROXY_URL", "")
AWS_CA_FILE = env.text("AWS_CA_PATH", "")
TERRAFORM = env.text("TERRAFORM", "")
TERRAFORM_PROVIDER_MIRROR = env.text("TERRAFORM_PROVIDER_MIRROR", "")
WORK_DIR = env.text("WORK_DIR", "")
ALLOW_UNSANDBOXED = env.flag("ALLOW_UNSANDBOXED")
NODE_NAME = env.text("NODE_NAME", "")

RUN_LEASE_SECONDS = env.number("RUN_LEASE_SECONDS", 20)
RUN_ABANDONED_SECONDS = env.number("RUN_ABANDONED_SECONDS", 60)
RUN_SHIP_SECONDS = env.number("RUN_SHIP_SECONDS", 30)
RUN_SLOTS = env.number("RUN_SLOTS", 4)
# A slot ships one run's journal for as long as the run lasts; two more start the next ones meanwhile.
CELERY_WORKER_CONCURRENCY = RUN_SLOTS + 2
PLAN_DEADLINE_SECONDS = env.number("PLAN_DEADLINE_SECONDS", 600)
APPLY_DEADLINE_SECONDS = env.number("APPLY_DEADLINE_SECONDS", 1800)
# A session that was taken with another one lives an hour at most; Terraform is stopped this long after it was taken,
# and goes on with a fresh one.
REGION_SESSION_SECONDS = env.number("REGION_SESSION_SECONDS", 3000)
# From the approval on: when people are told that it takes long, and when it is stopped.
REGION_WARN_SECONDS = env.number("REGION_WARN_SECONDS", 1800)
REGION_DEADLINE_SECONDS = env.number("REGION_DEADLINE_SECONDS", 7200)
# So often the account is looked at while a vendor's console builds a region in it.
WATCH_SECONDS = env.number("WATCH_SECONDS", 15)
# Off where the AWS at hand has no add-ons (the demo's).
REGION_ADDONS = env.flag("REGION_ADDONS", default=True)
PLAN_VALID_SECONDS = env.number("PLAN_VALID_SECONDS", 3600)
CREDENTIAL_SECONDS = env.number("CREDENTIAL_SECONDS", 3600)
FORCE_AFTER_SECONDS = env.number("FORCE_AFTER_SECONDS", 10)

# What an environment may set, by name: `up` hands these on to its processes, and nothing else.
ENVIRONMENT_NAMES = sorted(env.asked_for)
