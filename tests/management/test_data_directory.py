"""The data directory: what is made in it, who holds it, what is refused."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from activation.management import ports
from activation.management.data_directory import LONGEST_SOCKET_PATH, DataDirectory, Unusable
from activation.management.environment import given_settings, plain, value
from tests.management.running import ROOT


def taken(path: Path) -> DataDirectory:
    data = DataDirectory(path)
    data.take(lambda text: None)
    return data


def test_keys_are_made_once_and_are_nobody_elses(tmp_path: Path) -> None:
    data = taken(tmp_path / "data")
    first = data.master_keys().read_text()
    assert len(base64.b64decode(first)) == 32
    assert data.master_keys().read_text() == first
    assert data.master_keys().stat().st_mode & 0o777 == 0o600
    assert data.path.stat().st_mode & 0o066 == 0


def test_a_held_directory_is_refused_and_its_holder_named(tmp_path: Path) -> None:
    data = taken(tmp_path / "data")
    data.announce("http://127.0.0.1:8000")
    with pytest.raises(Unusable, match=f"process {os.getpid()} at http://127.0.0.1:8000"):
        taken(tmp_path / "data")


def test_the_hosts_name_stays(tmp_path: Path) -> None:
    data = taken(tmp_path / "data")
    assert data.node() == data.node() == DataDirectory(data.path).node()


@pytest.mark.parametrize("name", ["d" * LONGEST_SOCKET_PATH, "with blank"])
def test_the_socket_moves_where_its_path_would_not_do(tmp_path: Path, name: str) -> None:
    data = taken(tmp_path / name)
    socket = data.socket()
    try:
        assert len(str(socket)) <= LONGEST_SOCKET_PATH
        assert " " not in str(socket)
        assert socket.parent.stat().st_mode & 0o777 == 0o700
        assert data.socket() == socket
    finally:
        socket.parent.rmdir()


@pytest.mark.parametrize("name", ["what?", "a#b", "50%", "two\nlines"])
def test_a_path_that_would_break_addresses_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unusable, match="Choose another directory"):
        taken(tmp_path / name)


def test_a_path_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unusable, match="cannot be used"):
        taken(tmp_path / "file" / "data")


def test_emptying_keeps_the_locks_alone(tmp_path: Path) -> None:
    data = taken(tmp_path / "data")
    data.master_keys()
    data.empty()
    assert not (data.path / "keys" / "master.keys").exists()
    with pytest.raises(Unusable, match="already runs"):
        taken(data.path)


def test_the_next_free_port_is_taken() -> None:
    wanted = ports.choose("127.0.0.1", 0)
    assert wanted > 0
    assert ports.choose("127.0.0.1", wanted) >= wanted


def test_an_environment_holds_settings_and_nothing_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    machine = {
        "PATH": "/bin",
        "PIP_INDEX_URL": "x",
        "HOME": "/home/x",
        "DEMO": "1",
        "SECRET_KEY_FILE": str(tmp_path / "key"),
    }
    given = given_settings(["DEMO", "SECRET_KEY"], machine)
    assert given == {"DEMO": "1", "SECRET_KEY_FILE": str(tmp_path / "key")}
    assert value(given, "SECRET_KEY") == "from a file"
    have = plain(given, machine)
    assert have["PATH"] == "/bin"
    assert not {"PIP_INDEX_URL", "HOME"} & set(have)


GIVEN = {
    "MASTER_KEYS": "a-secret-key",
    "SECRET_KEY": "a-secret-key",
    "SIGNING_KEY_FILE": "/run/secrets/signing",
    "VENDOR_SECRET_ACCESS_KEY": "a-secret-key",
    "DATABASE_URL": "postgresql://portal:a-secret-word@db/portal",
    "BROKER_URL": "redis://:a-secret-word@queue:6379/0",
    "EMAIL_URL": "smtp+tls://user:a-secret-word@mail.example.com",
    "REGIONS": "us-west-2",
}


def command(data: DataDirectory, **environment: str) -> tuple[int, str]:
    """Ask the settings in a process of its own, as another command would find them."""
    words = "from byoc_portal import settings; print(settings.REGIONS, settings.DATABASES['default'].get('HOST'))"
    done = subprocess.run(
        [sys.executable, "-c", words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(data.path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_secrets_that_were_given_are_written_down_nowhere(tmp_path: Path) -> None:
    data = taken(tmp_path / "data")
    data.remember({"NODE_NAME": "host-1", **GIVEN}, given=GIVEN)
    written = (data.path / "settings.json").read_text()
    assert "a-secret" not in written
    assert "/run/secrets/signing" in written
    # Other commands go on with what they are given, and never with something else instead.
    code, said = command(data)
    assert code == 1
    assert "give it again" in said
    code, said = command(data, **GIVEN | {"SIGNING_KEY_FILE": os.devnull})
    assert (code, said.split()) == (0, ["['us-west-2']", "db"])


def test_keys_that_were_made_here_are_found_again_by_other_commands(tmp_path: Path) -> None:
    data = taken(tmp_path / "data")
    ours = {"SECRET_KEY_FILE": str(data.secret_key()), "MASTER_KEYS_FILE": str(data.master_keys())}
    data.remember({**ours, "REGIONS": "eu-west-1"}, given={"REGIONS": "eu-west-1"})
    assert command(data)[1].split()[0] == "['eu-west-1']"


@pytest.mark.parametrize(
    ("given", "remembered"),
    [
        ({"DATABASE_URL": "postgresql://db/portal"}, {}),
        ({"DATABASE_URL": "sqlite:////srv/portal.sqlite3"}, {}),
        ({}, {"DATABASE_URL": "postgresql://db/portal"}),
        ({}, {"DATABASE_URL": "postgresql://portal:a-secret-word@db/portal"}),
    ],
)
def test_reset_leaves_the_keys_of_a_database_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], remembered: dict[str, str]
) -> None:
    data = taken(tmp_path / "data")
    data.remember(remembered, given=remembered)
    keys = data.master_keys().read_text()
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name in given:
        monkeypatch.setenv(name, given[name])

    with pytest.raises(CommandError, match=r"not in .*/data but where DATABASE_URL says"):
        call_command("up", "--reset", "--yes", "--data-dir", str(data.path))

    assert data.master_keys().read_text() == keys


def test_a_database_that_lies_within_is_no_other() -> None:
    data = DataDirectory(Path("/srv/byoc"))
    assert not data.has_database_elsewhere({"DATABASE_URL": "sqlite:////srv/byoc/portal.sqlite3"})
    assert not data.has_database_elsewhere({})
