"""Real Terraform and the real AWS provider against the simulator."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from activation.simulator.client import Simulator

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region              = "us-west-2"
  allowed_account_ids = ["%(account)s"]
}

resource "aws_iam_policy" "look" {
  count  = 6
  name   = "zilliz-look-${count.index}"
  path   = "/zilliz/"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "iam:ListRoles", Resource = "*" }]
  })
  tags = { Vendor = "zilliz" }
}

resource "aws_iam_role" "bootstrap" {
  name                 = "zilliz-bootstrap"
  path                 = "/zilliz/"
  permissions_boundary = aws_iam_policy.look[0].arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "%(vendor)s" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = "zb-right" } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "look" {
  count      = 6
  role       = aws_iam_role.bootstrap.name
  policy_arn = aws_iam_policy.look[count.index].arn
}

output "arn" {
  value = aws_iam_role.bootstrap.arn
}
"""


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """A simulator of this test's own."""
    directory = tmp_path / "simulator"
    process = subprocess.Popen(
        [sys.executable, "-m", "activation.simulator", "--directory", str(directory)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )
    assert process.stdout is not None
    assert process.stdout.readline(), "the simulator did not start"
    yield Simulator.from_directory(directory)
    process.terminate()
    process.wait(30)
    process.stdout.close()


def terraform(
    folder: Path, simulator: Simulator, key: dict[str, str], *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """Run Terraform with nothing in its environment but what it needs."""
    program = shutil.which("terraform")
    assert program, "terraform is missing: https://developer.hashicorp.com/terraform/install"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AWS_ENDPOINT_URL": simulator.endpoint,
        "AWS_ACCESS_KEY_ID": key["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": key["secret_access_key"],
        "AWS_SESSION_TOKEN": key["session_token"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
    }
    return subprocess.run(
        [program, *arguments, "-no-color"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def prepared(tmp_path: Path, simulator: Simulator, customer: dict[str, Any]) -> Path:
    folder = tmp_path / "stack"
    folder.mkdir()
    vendor = simulator.identities()["vendor"]["principal_arn"]
    (folder / "main.tf").write_text(CONFIGURATION % {"account": customer["account"], "vendor": vendor})
    done = terraform(folder, simulator, customer["session"], "init", "-input=false")
    assert done.returncode == 0, done.stderr
    return folder


def test_terraform_is_refused_in_the_words_of_aws(tmp_path: Path, simulator: Simulator) -> None:
    """What it builds: `test_iam_package.py` and `test_region_package.py`."""
    customer = simulator.identities()["customer"]
    folder = prepared(tmp_path, simulator, customer)

    few = terraform(folder, simulator, customer["too_few_rights"], "apply", "-auto-approve", "-input=false")
    assert few.returncode == 1
    assert "is not authorized to perform: iam:CreateRole on resource" in " ".join(few.stderr.split())
    without_mfa = terraform(folder, simulator, customer["session_without_mfa"], "plan", "-input=false")
    assert "InvalidClientTokenId" in without_mfa.stderr
    other = terraform(folder, simulator, simulator.identities()["other_customer"]["session"], "plan", "-input=false")
    assert "AWS account ID not allowed" in other.stderr
    assert {row["account"] for row in simulator.actions()} <= {
        customer["account"],
        simulator.identities()["other_customer"]["account"],
    }
