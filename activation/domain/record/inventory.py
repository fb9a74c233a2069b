"""What stands in an account after a run, read from a Terraform state; of the state itself nothing else gets out."""

import json
from dataclasses import dataclass
from typing import Any

from activation.domain.plan import SENSITIVE
from activation.domain.resource_names import type_label
from activation.domain.state import NotAState


@dataclass(frozen=True)
class Item:
    """One resource: its address in the package, its type, and how AWS names it (empty where it has no ARN)."""

    address: str
    type: str
    arn: str
    tainted: bool = False

    @property
    def type_label(self) -> str:
        """The kind of thing in plain words, such as `IAM role`."""
        return type_label(self.type)

    def to_json(self) -> dict[str, Any]:
        """Return it as the record holds it."""
        return {"address": self.address, "type": self.type, "arn": self.arn, "tainted": self.tainted}


def read_inventory(content: bytes) -> list[Item]:
    """Return the resources of a version 4 state, by address; raise NotAState."""
    try:
        items = [
            item(entry, instance)
            for entry in json.loads(content)["resources"]
            if entry["mode"] == "managed"
            for instance in entry["instances"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAState(str(error)) from error
    return sorted(items, key=lambda each: each.address)


def item(entry: dict[str, Any], instance: dict[str, Any]) -> Item:
    """Return one instance of a resource."""
    base = f"{entry['module']}." if entry.get("module") else ""
    key = instance.get("index_key")
    suffix = "" if key is None else f"[{json.dumps(key)}]"
    arn = instance.get("attributes", {}).get("arn")
    if is_sensitive(instance, "arn"):
        arn = SENSITIVE
    return Item(
        address=f"{base}{entry['type']}.{entry['name']}{suffix}",
        type=str(entry["type"]),
        arn=arn if isinstance(arn, str) else "",
        tainted=instance.get("status") == "tainted",
    )


def is_sensitive(instance: dict[str, Any], attribute: str) -> bool:
    """Return whether the state marks an attribute, or a part of it, as sensitive."""
    return any(path and path[0].get("value") == attribute for path in instance.get("sensitive_attributes", []))
