"""How this installation reaches AWS."""

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

HTTPS = 443


@dataclass(frozen=True)
class Way:
    """AWS's own addresses unless `endpoint` (the simulator's) says otherwise; through a proxy; with a company's CA.

    `endpoint` and `proxy` are addresses, `ca_bundle` is the path of a PEM file.
    """

    endpoint: str = ""
    proxy: str = ""
    ca_bundle: str = ""

    def of_sessions(self) -> dict[str, Any]:
        """Return the keyword arguments that sessions take."""
        return asdict(self)

    @property
    def ports(self) -> tuple[int, ...]:
        """Return the TCP ports that a run has to reach."""
        named = (urlsplit(address) for address in (self.endpoint, self.proxy) if address)
        return tuple(sorted({HTTPS, *(each.port or (80 if each.scheme == "http" else HTTPS) for each in named)}))

    def of_terraform(self) -> dict[str, str]:
        """Return the environment variables that tell Terraform and its providers."""
        values = {}
        if self.endpoint:
            values["AWS_ENDPOINT_URL"] = self.endpoint
        if self.proxy:
            values |= {"HTTPS_PROXY": self.proxy, "HTTP_PROXY": self.proxy, "NO_PROXY": "127.0.0.1,localhost,::1"}
        if self.ca_bundle:
            # The first for AWS, the second for the registry.
            values |= {"AWS_CA_BUNDLE": self.ca_bundle, "SSL_CERT_FILE": self.ca_bundle}
        return values
