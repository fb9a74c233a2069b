"""An AWS key stands nowhere but in the environment of Terraform's own processes."""

import base64
import json
import os
import subprocess
import sys
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path

import redis
from django.db import connection

from activation.models import Credential, Event
from activation.services import host
from tests.real.engine import Engine, wait_for


def forms_of(secret: str) -> list[bytes]:
    """Return the secret as it might stand somewhere: raw, base64, in a URL, in JSON."""
    return [
        secret.encode(),
        base64.b64encode(secret.encode()),
        urllib.parse.quote(secret, safe="").encode(),
        json.dumps(secret)[1:-1].replace("/", "\\/").encode(),
    ]


# Reads every file below some folders and names those that hold one of the byte strings, both given as JSON.
SEARCH = """
import json, pathlib, sys
asked = json.load(sys.stdin)
wanted = [bytes.fromhex(each) for each in asked["wanted"]]
for folder in asked["folders"]:
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file() and "aws" not in path.parts:
            try:
                content = path.read_bytes()
            except OSError:
                continue
            if any(each in content for each in wanted):
                print(path)
"""


def files_with(wanted: Iterable[bytes], *folders: Path) -> list[str]:
    """Return the files that hold one of the byte strings.

    Read by a process of its own: one that closes a database's file which it has open with SQLite as well loses its
    locks on it, and then two write at once (SQLite, *How To Corrupt An SQLite Database File*, 2.2).
    """
    asked = {"wanted": [each.hex() for each in wanted], "folders": [str(each) for each in folders]}
    words = (sys.executable, "-c", SEARCH)
    done = subprocess.run(words, input=json.dumps(asked), capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def places_with(secrets: Iterable[str], *, data: Path, worker_logs: Path) -> Iterator[str]:
    """Yield where one of the secrets stands: files, database, broker, command lines, environments."""
    wanted = [form for secret in secrets for form in forms_of(secret)]
    yield from files_with(wanted, data, host.where().work, worker_logs)
    broker = redis.Redis(unix_socket_path=str(data / "valkey.sock"))
    for key in broker.keys("*"):
        if any(form in (broker.dump(key) or b"") for form in wanted):
            yield f"broker key {key!r}"
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            if any(form in repr(row).encode() for row in cursor.fetchall() for form in wanted):
                yield f"table {table}"
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if any(form in (entry / "cmdline").read_bytes() for form in wanted):
                    yield f"command line of {entry.name}"
                if any(form in (entry / "environ").read_bytes() for form in wanted):
                    name = (entry / "comm").read_text().strip()
                    if not name.startswith("terraform"):
                        yield f"environment of {name}"
            except OSError:
                continue


def test_a_key_stands_nowhere_but_in_terraforms_environment_and_is_gone_at_the_end(engine: Engine) -> None:
    """After cancel, failure and kill: what the fault bench looks for at its end."""
    engine.start_worker()
    keys = engine.keys()
    run = engine.run(engine.activation(), keys=keys)

    def stands_nowhere() -> None:
        secrets = (keys.secret_access_key, keys.session_token)
        assert list(places_with(secrets, data=engine.data(), worker_logs=engine.directory)) == []

    wait_for(lambda: engine.terraforms(run), seconds=20, what="Terraform")
    stands_nowhere()
    engine.until(run, "planned")
    assert Credential.objects.get(run=run).sealed is not None
    stands_nowhere()
    engine.simulator.hold("iam:CreateRole", times=2)
    engine.approve(run)
    wait_for(lambda: engine.finished(run) >= 7, seconds=30, what="the policies")
    stands_nowhere()
    engine.simulator.clear()
    engine.until(run, "applied")
    stands_nowhere()
    credential = Credential.objects.get(run=run)
    assert credential.sealed is None
    assert credential.destroyed_at is not None
    assert Event.objects.filter(run_id=run.pk, kind="credential.destroyed").count() == 1
