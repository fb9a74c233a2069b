"""The demo's AWS: the simulator beside the portal, on the same port from start to start."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activation.management.data_directory import write_privately
from activation.management.ports import is_free
from activation.management.processes import Program
from activation.simulator.client import Simulator
from activation.simulator.organizations import ORGANIZATIONS, DemoOrganization

SESSION_SECONDS = 12 * 3600


def read(directory: Path) -> dict[str, Any]:
    """Return what the simulator wrote when it was ready; nothing before."""
    try:
        content: dict[str, Any] = json.loads((directory / "simulator.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return content


def program(directory: Path) -> Program:
    """Return how to start it, on the port it had before where that is free; `read` answers once it is ready."""
    noted = directory / "port"
    port = int(noted.read_text()) if noted.is_file() else 0
    if not is_free("127.0.0.1", port):
        port = 0
    directory.mkdir(mode=0o700, exist_ok=True)
    (directory / "simulator.json").unlink(missing_ok=True)
    return command_line(directory, port)


def command_line(directory: Path, port: int) -> Program:
    """Return the command line for one port."""
    module = (sys.executable, "-m", "activation.simulator")
    return Program("simulator", (*module, "--port", str(port), "--directory", str(directory)))


def keep_port(directory: Path, port: int) -> None:
    """Let the next start have this port too: runs and pages hold the address."""
    write_privately(directory / "port", f"{port}\n")


def portal_settings(found: dict[str, Any]) -> dict[str, str]:
    """Return the settings by which the portal uses this AWS, and is the vendor."""
    vendor = found["identities"]["vendor"]
    return {
        "AWS_ENDPOINT_URL": str(found["endpoint"]),
        "VENDOR_HOSTS_PORTAL": "1",
        "VENDOR_PRINCIPAL_ARN": str(vendor["principal_arn"]),
        "VENDOR_ACCESS_KEY_ID": str(vendor["role"]["access_key_id"]),
        "VENDOR_SECRET_ACCESS_KEY": str(vendor["role"]["secret_access_key"]),
        "VENDOR_SESSION_TOKEN": str(vendor["role"]["session_token"]),
        "REGION_ADDONS": "0",
    }


@dataclass(frozen=True)
class CustomerKeys:
    """The file with one customer's key, ready to upload in step 2."""

    organization: DemoOrganization
    account: str
    path: Path

    @property
    def lifetime(self) -> str:
        """Return how long the key works, in words."""
        hours = f"valid for {SESSION_SECONDS // 3600} hours"
        return hours if self.organization.identity == "session" else "a long-term key, which its package asks for"


def write_customer_keys(directory: Path, region: str) -> list[CustomerKeys]:
    """Write the key of each organization of the demo into a file; sessions are made afresh."""
    identities = read(directory)["identities"]
    found = []
    for organization in ORGANIZATIONS:
        identity = identities[organization.customer]
        account = str(identity["account"])
        key = identity[organization.identity]
        if key["session_token"]:
            key = Simulator.from_directory(directory).new_session(account, SESSION_SECONDS)
        lines = {
            "aws_region": region,
            "aws_access_key": key["access_key_id"],
            "aws_secret_key": key["secret_access_key"],
            "aws_session_token": key["session_token"],
        }
        path = directory / organization.key_file
        write_privately(path, "".join(f"{name:<17} = {json.dumps(value)}\n" for name, value in lines.items() if value))
        found.append(CustomerKeys(organization, account, path))
    return found
