"""Where Terraform gets the provider from is written down, so that it looks nowhere else."""

from pathlib import Path

from activation.runner import providers


def test_a_mirror_is_the_only_source() -> None:
    written = providers.configuration(mirror="/srv/providers")
    assert 'path = "/srv/providers"' in written
    assert "direct" not in written
    assert written.count("filesystem_mirror") == 1


def test_without_a_mirror_come_the_directories_of_the_system_and_then_the_registry() -> None:
    written = providers.configuration(mirror="")
    folders = [folder for folder in providers.PROVIDER_DIRECTORIES if Path(folder).is_dir()]
    assert written.count("filesystem_mirror") == len(folders)
    assert all(f'path = "{folder}"' in written for folder in folders)
    assert written.index("direct") > written.rfind("filesystem_mirror")
    # What is here is not asked for there, as Terraform does it by itself.
    here = any(providers.versions_in(Path(folder), "registry.terraform.io") for folder in folders)
    assert ('"registry.terraform.io/hashicorp/aws"' in written) is here
