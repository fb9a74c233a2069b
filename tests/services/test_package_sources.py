"""Where packages are fetched from: the internet, and nothing inside of a network."""

import socket
import time

import pytest

from activation.domain.errors import Faulted, Refused
from activation.services import package_sources


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_nothing_on_this_host_is_even_connected_to(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server(("::1" if ":" in host else "127.0.0.1", 0), family=family) as server:
        server.settimeout(0)
        with pytest.raises(Faulted, match="is not on the internet"):
            package_sources.fetch(f"https://{host}:{server.getsockname()[1]}/package.tar.gz")
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("fd00:ec2::254", False),
        ("fe80::1%eth0", False),
        ("::ffff:169.254.169.254", False),
    ],
)
def test_which_addresses_are_on_the_internet(address: str, expected: bool) -> None:
    assert package_sources.is_public(address) is expected


def test_a_server_that_never_ends_is_cut_off() -> None:
    ours, theirs = socket.socketpair()
    began = time.monotonic()
    package_sources.cut_after(0.1, ours)
    assert ours.recv(1) == b""
    assert time.monotonic() - began < 5
    theirs.close()
    ours.close()


@pytest.mark.parametrize("address", ["http://example.com/x", "file:///etc/passwd", "https://user:word@example.com/x"])
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(Refused):
        package_sources.fetch(address)
