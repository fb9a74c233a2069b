"""Where a package comes from: a file, or an https address that the installation administrator names."""

import http.client
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from activation.domain.errors import Faulted, Refused

MOST_BYTES = 20 * 1024 * 1024
SECONDS = 30


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
    """Return what lies at an https address, at most 20 MiB; raises Refused, Faulted."""
    parts = urlsplit(address)
    if parts.scheme != "https":
        raise Refused("package_address", field="source")
    if "@" in parts.netloc:
        # The address is kept and shown as the package's source.
        raise Refused("package_address_password", field="source")
    opener = urllib.request.build_opener(_OnlyHttps)
    try:
        with opener.open(address, timeout=SECONDS) as answer:
            content: bytes = answer.read(MOST_BYTES + 1)
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise Faulted("package_not_fetched", detail=str(getattr(error, "reason", error))) from error
    if len(content) > MOST_BYTES:
        raise Refused("package_too_large", field="source")
    return content
