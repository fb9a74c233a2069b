"""Where a package comes from: a file, or an https address that the installation administrator names."""

import http.client
import ipaddress
import socket
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

from activation.domain.errors import Faulted, Refused

MOST_BYTES = 20 * 1024 * 1024
# For each answer of a server, and for all of a fetch.
SECONDS = 15
ALL_SECONDS = 60


class NotPublic(OSError):
    """A name leads to an address inside of a network."""


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the internet: not to this host, its network, or a cloud's metadata."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return found.is_global and not found.is_multicast


def connect_to_public(
    address: tuple[str, int], timeout: float | None = None, source_address: tuple[str, int] | None = None
) -> socket.socket:
    """Return a connection to the first address of a name that answers; raises NotPublic for what is not public.

    What was looked up is what is connected to: a name cannot lead elsewhere in between.
    """
    problem = OSError("the name has no address")
    for family, kind, protocol, _, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        if not is_public(str(place[0])):
            raise NotPublic(f"{address[0]} is not on the internet")
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(timeout)
        try:
            connection.connect(place)
            return connection
        except OSError as error:
            problem = error
            connection.close()
    raise problem


def cut_after(seconds: float, connection: socket.socket) -> None:
    """End a connection after so many seconds, whatever it is waiting for."""

    def cut() -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = Timer(max(seconds, 0.0), cut)
    timer.daemon = True
    timer.start()


class _Connection(http.client.HTTPSConnection):
    """Connects to public addresses only, for a limited time; behind a proxy it is the proxy that looks names up."""

    def __init__(self, host: str, *, ends: float, **more: Any) -> None:
        super().__init__(host, **more)
        self._ends = ends

    def connect(self) -> None:
        """Connect, and set the clock."""
        if not self._tunnel_host:  # type: ignore[attr-defined]
            self._create_connection = connect_to_public
        super().connect()
        cut_after(self._ends - time.monotonic(), self.sock)


class _Https(urllib.request.HTTPSHandler):
    """Opens https addresses by connections that end in time."""

    def __init__(self, ends: float) -> None:
        super().__init__()
        self._ends = ends

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open one."""

        def connection(host: str, **more: Any) -> _Connection:
            return _Connection(host, ends=self._ends, **more)

        return self.do_open(connection, req)


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    """Follows redirections to https addresses only."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        """Refuse to be led to anything but https."""
        if urlsplit(newurl).scheme != "https":
            raise Refused("package_address", field="source")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def read(source: str) -> bytes:
    """Return the bytes of a file or of an https address; raises Refused, Faulted."""
    if "://" in source:
        return fetch(source)
    try:
        path = Path(source)
        if path.stat().st_size > MOST_BYTES:
            raise Refused("package_too_large", field="source")
        return path.read_bytes()
    except OSError as error:
        raise Refused("package_unreadable", field="source", detail=error.strerror) from error


def fetch(address: str) -> bytes:
    """Return what lies at an https address on the internet, at most 20 MiB, in a minute; raises Refused, Faulted."""
    parts = urlsplit(address)
    if parts.scheme != "https":
        raise Refused("package_address", field="source")
    if "@" in parts.netloc:
        # The address is kept and shown as the package's source.
        raise Refused("package_address_password", field="source")
    ends = time.monotonic() + ALL_SECONDS
    opener = urllib.request.build_opener(_OnlyHttps, _Https(ends))
    try:
        with opener.open(address, timeout=SECONDS) as answer:
            content: bytes = answer.read(MOST_BYTES + 1)
        if time.monotonic() >= ends:
            raise TimeoutError(f"it took longer than {ALL_SECONDS} seconds")
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise Faulted("package_not_fetched", detail=str(getattr(error, "reason", error))) from error
    if len(content) > MOST_BYTES:
        raise Refused("package_too_large", field="source")
    return content
