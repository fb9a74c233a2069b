#!/usr/bin/env python3
"""Keep `[tool.uv] constraint-dependencies` equal to what is locked: exact versions of everything, transitive too.

    python .ci/constraints.py            write what uv.lock holds, after dependencies were added or removed
    python .ci/constraints.py --upgrade  the same, with the newest versions that fit
    python .ci/constraints.py --check    change nothing; exit 1 where the block is stale

uv.lock names the index it was made from, so git does not keep it; the block names none and works with every mirror.
"""

import argparse
import difflib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^constraint-dependencies = \[\n(?:  .*\n)*\]\n", re.MULTILINE)
EXPORT = ("uv", "export", "--all-groups", "--no-hashes", "--no-emit-project", "--no-header", "--no-annotate", "--quiet")


def locked(pyproject: str, *, upgrade: bool) -> list[str]:
    """Return what uv resolves from a pyproject.toml, one requirement a line, sorted."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pyproject.toml").write_text(pyproject, encoding="utf-8")
        for name in (".python-version", *(() if upgrade else ("uv.lock",))):
            if (ROOT / name).exists():
                shutil.copy(ROOT / name, folder)
        done = subprocess.run(EXPORT, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"uv could not resolve the dependencies:\n{done.stderr}")
    return sorted(line.strip() for line in done.stdout.splitlines() if line.strip() and not line.startswith("#"))


def block_of(requirements: list[str]) -> str:
    """Return the block as it stands in pyproject.toml."""
    lines = "".join(f'  "{line}",\n' for line in (one.replace('"', "'") for one in requirements))
    return f"constraint-dependencies = [\n{lines}]\n"


def main() -> int:
    """Rewrite or check the block."""
    parser = argparse.ArgumentParser(description="Exact versions of everything in pyproject.toml.")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="change nothing; exit 1 where the block is stale")
    how.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    arguments = parser.parse_args()
    path = ROOT / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    present = BLOCK.search(text)
    if present is None:
        sys.exit("pyproject.toml has no constraint-dependencies block under [tool.uv].")
    free = BLOCK.sub("constraint-dependencies = [\n]\n", text)
    fresh = block_of(locked(text if arguments.check else free, upgrade=arguments.upgrade))
    if fresh == present.group():
        print("The exact versions are up to date.")
        return 0
    if arguments.check:
        before, after = present.group().splitlines(), fresh.splitlines()
        print("\n".join(difflib.unified_diff(before, after, "pyproject.toml", "resolved", lineterm="", n=0)))
        print("The exact versions are stale. Renew them with: python .ci/constraints.py")
        return 1
    path.write_text(text.replace(present.group(), fresh), encoding="utf-8")
    print(f"Wrote {fresh.count(chr(10)) - 2} exact versions. `uv sync` installs them.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
