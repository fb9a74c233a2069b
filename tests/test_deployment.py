"""Django's own checks, with the settings of production."""

import base64
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent


def test_check_deploy_is_clean_in_production() -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(settings.DATA_DIR),
        "SECRET_KEY": base64.b64encode(os.urandom(48)).decode(),
        "MASTER_KEYS": base64.b64encode(os.urandom(32)).decode(),
        "PORTAL_URL": "https://portal.example.com",
        "ALLOWED_HOSTS": "portal.example.com",
        "EMAIL_URL": "smtp+tls://user:password@mail.example.com",
    }

    done = subprocess.run(
        [sys.executable, "-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues (0 silenced)" in done.stdout + done.stderr
