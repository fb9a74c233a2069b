"""A stand-in for the package that Zilliz publishes: the guide's four variables, keys that are no ephemeral ones.

The real one cannot be had here. This one is the bundled reference turned into the shape that the guide describes:
`aws_region`, `aws_access_key`, `aws_secret_key`, `external_id`, all to be given, and the vendor's principal inside.
"""

import re
from collections.abc import Mapping

VARIABLES = """\
variable "aws_region" {
  description = "The AWS region where the services are deployed."
  type        = string
}

variable "aws_access_key" {
  description = "Access key ID."
  type        = string
}

variable "aws_secret_key" {
  description = "Secret access key."
  type        = string
  sensitive   = true
}

variable "external_id" {
  description = "External ID of the organization."
  type        = string
}

locals {
  vendor_principal_arn = "%s"
}
"""
EXAMPLE = """\
aws_region     = "us-west-2"
aws_access_key = ""
aws_secret_key = ""
external_id    = ""
"""
# What only this project's packages have.
LEFT_OUT = frozenset({"manifest.json", "README.md"})


def stand_in(reference: Mapping[str, bytes], *, principal: str) -> dict[str, bytes]:
    """Return the files of the stand-in, made from those of the bundled package."""
    files = {name: content for name, content in reference.items() if name not in LEFT_OUT}
    files["variables.tf"] = (VARIABLES % principal).encode()
    files["terraform.tfvars.example"] = EXAMPLE.encode()
    for name, content in files.items():
        if not name.endswith(".tf") or name == "variables.tf":
            continue
        text = content.decode()
        text = re.sub(r"^\s*(token|allowed_account_ids)\s*=.*\n", "", text, flags=re.MULTILINE)
        text = text.replace("var.vendor_principal_arn", "local.vendor_principal_arn")
        text = text.replace("merge(var.activation_tags, { ", "({ ")
        files[name] = text.encode()
    return files
