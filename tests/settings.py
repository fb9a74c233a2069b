"""The portal's own settings, in an environment made for one test session.

pytest-django reads the settings before any conftest.py, so the environment is made here. Of the settings themselves
two things are changed: hashing a password, slow on purpose, is quick; static files are found when they are asked for,
and not all of them anew for each test's client.
"""

import base64
import os
import tempfile

DATA_DIR = tempfile.mkdtemp(prefix="portal-tests-")

os.environ |= {
    "DATA_DIR": DATA_DIR,
    "SECRET_KEY": base64.b64encode(os.urandom(48)).decode(),
    "MASTER_KEYS": base64.b64encode(os.urandom(32)).decode(),
    "PORTAL_URL": "http://localhost",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "DEBUG": "0",
    "DEMO": "0",
    "LOG_LEVEL": "WARNING",
    # Processes that a test starts (workers, servers) read the same environment and the product's own settings.
    "DJANGO_SETTINGS_MODULE": "byoc_portal.settings",
}
for name in ("SECRET_KEY_FILE", "MASTER_KEYS_FILE", "BROKER_URL", "VENDOR_HOSTS_PORTAL", "TRUSTED_PROXIES"):
    os.environ.pop(name, None)

from byoc_portal.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["tests.hashers.FewRounds"]
WHITENOISE_AUTOREFRESH = True
# A field that no list of `domain.event_fields` names fails the test.
STRICT_EVENTS = True
