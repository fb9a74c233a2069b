"""Programs that tests need and no package brings: which one is missing, and how to get it."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

HOW_TO_GET = {
    "terraform": "Terraform 1.10 or newer: developer.hashicorp.com/terraform/install",
    "chromium": "Chromium: your system's package chromium, or: uv run playwright install chromium",
    "initdb": "PostgreSQL's server programs: your system's package postgresql",
}
OTHER_NAMES = {"chromium": ("chromium-browser", "google-chrome", "google-chrome-stable")}


# Debian keeps PostgreSQL's server programs off PATH, a directory a version; the newest first.
PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, reverse=True)


def find(program: str) -> str | None:
    """Return the program's path, under any of its names."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, PLACES)])
    names = (program, *OTHER_NAMES.get(program, ()))
    return next((path for name in names if (path := shutil.which(name, path=search))), None)


def demand(program: str) -> str:
    """Return the program's path; see `refuse` for where there is none."""
    return find(program) or refuse(program)


def refuse(program: str) -> NoReturn:
    """Fail the test with CI=true, leave it out elsewhere; either way say how to get what is missing."""
    why = f"{program} is missing. Get {HOW_TO_GET[program]}"
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def report() -> list[str]:
    """Return a line for each program that is missing, for the head of the test run."""
    return [f"missing: {program}. Get {how}" for program, how in HOW_TO_GET.items() if find(program) is None]
