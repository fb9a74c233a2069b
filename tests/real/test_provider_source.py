"""Terraform takes the provider from where the portal says, not from the package that it runs."""

import io
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from activation.domain.way import Way
from activation.runner import providers, terraform, workspace

CONFIGURATION = b"""
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}
"""
REGISTRY = "registry.terraform.io/hashicorp/aws"
ARCHIVE = f"{REGISTRY}/terraform-provider-aws_99.0.0_{providers.platform_name()}.zip"


def planted_provider() -> bytes:
    """Return a provider, newer than any, as an archive in a directory of providers holds it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("terraform-provider-aws_v99.0.0", "#!/bin/sh\n")
    return buffer.getvalue()


def settings_naming(folder: str) -> bytes:
    return f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder}"\n  }}\n}}\n'.encode()


@pytest.mark.parametrize(
    "planted",
    [
        {f".terraform.d/plugins/{ARCHIVE}": planted_provider()},
        {f".local/share/terraform/plugins/{ARCHIVE}": planted_provider()},
        {f"terraform.d/plugins/{ARCHIVE}": planted_provider()},
        {f"elsewhere/{ARCHIVE}": planted_provider(), ".terraformrc": settings_naming("elsewhere")},
        {f"elsewhere/{ARCHIVE}": planted_provider(), ".terraform.d/x.tfrc": settings_naming("elsewhere")},
    ],
    ids=["plugins below HOME", "XDG data below HOME", "beside the configuration", "settings", "folder of settings"],
)
def test_a_provider_that_a_package_brings_is_not_taken(planted: dict[str, bytes], tmp_path: Path) -> None:
    program = terraform.find()
    own = providers.directory_for(program, mirror="")
    if not own:
        pytest.skip("the provider is in none of the system's directories")
    where = workspace.places(tmp_path / "data", str(tmp_path / "work"))
    # As if the package had been taken in before such files were refused.
    files = {"main.tf": CONFIGURATION, **planted, terraform.CONFIGURATION: providers.configuration(mirror="").encode()}
    _, work = workspace.prepare(where, run_id="run", phase="plan", files=files, template=tmp_path / "none", uid=0)
    environment = terraform.environment(work=work, home=where.home, way=Way())
    command = terraform.init_without_lock(program, cache=where.cache)
    done = subprocess.run(
        command.argv, cwd=work, env=environment | command.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    taken = re.findall(r'^  version *= "(.+)"', (work / ".terraform.lock.hcl").read_text(), re.MULTILINE)
    assert taken == [max(providers.versions_in(Path(own), providers.REGISTRIES[program.name]))]
    assert list(where.home.iterdir()) == []
