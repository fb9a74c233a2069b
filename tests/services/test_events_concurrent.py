"""One chain without a gap, however many write at once, on SQLite and on PostgreSQL."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.management.running import ROOT
from tests.postgresql import server


def run(arguments: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a program of ours to its end, with settings of its own."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        # How the tests around this one are spread over processes is no business of a program it starts.
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def check_hundred_writers(environment: dict[str, str], vendor: str) -> None:
    """Let a hundred write and hold that nothing is missing, doubled or out of order."""
    done = run(["-m", "tests.services.writers"], environment)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["vendor"] == vendor
    assert answer["failures"] == []
    assert answer["stored"] == answer["expected"]
    for report, expected in zip(answer["reports"], answer["expected"], strict=True):
        assert report["whole"], report["why"]
        assert (report["events"], report["last_sequence"]) == (expected, expected)
        assert report["remarks"] == []
    assert answer["reports"][0]["checkpoints"] > 0
    assert answer["reports"][0]["checkpoints"] == answer["reports"][0]["outside"]


def test_a_hundred_writers_make_one_chain_on_sqlite(tmp_path: Path) -> None:
    check_hundred_writers({"DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/portal.sqlite3"}, "sqlite")


def test_a_hundred_writers_make_one_chain_on_postgresql_and_all_else_holds_there(tmp_path: Path) -> None:
    with server() as address:
        check_hundred_writers({"DATA_DIR": str(tmp_path), "DATABASE_URL": address}, "postgresql")
        files = ["tests/services/test_events.py", "tests/services/test_events_verification.py"]
        done = run(
            ["-m", "pytest", "-q", "--ds=tests.settings", "-p", "no:cacheprovider", *files], {"DATABASE_URL": address}
        )
        assert done.returncode == 0, done.stdout[-4000:]
