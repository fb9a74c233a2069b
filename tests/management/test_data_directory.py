"""The data directory: what is made in it, who holds it, what is refused."""

import base64
import os
from pathlib import Path

import pytest

from activation.management import ports
from activation.management.data_directory import LONGEST_SOCKET_PATH, DataDirectory, Unusable
from activation.management.environment import given_settings, plain, value


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
