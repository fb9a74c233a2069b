"""The configuration packages that come with the portal, and how to read them from disk."""

from pathlib import Path

BUNDLED = ("terraform-aws-iam", "terraform-aws-region")

# What a run or a shell leaves beside the configuration: never part of a package.
_LEFT_BEHIND_FOLDERS = {".terraform", "__pycache__"}
_LEFT_BEHIND_SUFFIXES = (".tfvars", ".tfvars.json", ".tfplan", ".log")


def bundled(name: str) -> dict[str, bytes]:
    """Read the files of a bundled package.

    Keys are paths relative to the package, with `/`, sorted. State, plans, `*.tfvars` and `.terraform/` are left
    out, should someone have run Terraform in place. Raises `KeyError` where no package has this name.
    """
    if name not in BUNDLED:
        raise KeyError(name)
    root = Path(__file__).parent / name
    found = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in found
        if not _LEFT_BEHIND_FOLDERS & set(path.relative_to(root).parts)
        and not path.name.endswith(_LEFT_BEHIND_SUFFIXES)
    }
