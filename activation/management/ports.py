"""Ports on this machine."""

import socket


def is_free(host: str, port: int) -> bool:
    """Return whether a server could listen there now; port 0 always can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: connections of an earlier start that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose(host: str, wanted: int) -> int:
    """Return the wanted port, or the next free one, or whichever the system gives (at once for 0)."""
    for port in range(wanted, min(wanted + 100, 65536)) if wanted else ():
        if is_free(host, port):
            return port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
