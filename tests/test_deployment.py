"""Django's own checks, with the settings of production."""

import base64
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent


def in_production(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the settings of production."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(settings.DATA_DIR),
        "SECRET_KEY": base64.b64encode(os.urandom(48)).decode(),
        "MASTER_KEYS": base64.b64encode(os.urandom(32)).decode(),
        "PORTAL_URL": "https://portal.example.com",
        "ALLOWED_HOSTS": "portal.example.com",
        "EMAIL_URL": "smtp+tls://user:password@mail.example.com",
    }

    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )


def test_check_deploy_is_clean_in_production() -> None:
    done = in_production("-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues (0 silenced)" in done.stdout + done.stderr


def test_every_cookie_of_production_is_bound_to_its_host() -> None:
    done = in_production(
        "-c",
        "from byoc_portal import settings\n"
        "print(*(value for name, value in vars(settings).items() if name.endswith('COOKIE_NAME')))",
    )

    names = done.stdout.split()
    assert len(names) == 4, done.stdout + done.stderr
    assert all(name.startswith("__Host-") for name in names)
