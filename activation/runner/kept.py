"""What a phase leaves behind beside its states: sealed files for the next, an initialized directory for other runs."""

import contextlib
import json
import os
import shutil
from hashlib import sha256
from pathlib import Path

from activation.domain.redaction import Masker
from activation.domain.sealing import seal
from activation.runner import workspace
from activation.runner.spec import Spec, file_context
from activation.runner.states import read_kept, write_durably


def seal_files(spec: Spec, masker: Masker) -> dict[str, dict[str, str]]:
    """Seal the files that the next phase and the review need; return their hashes. Raises OSError on a full disk."""
    kept: dict[str, dict[str, str]] = {}
    captured = {command.capture for command in spec.commands}
    for source, name in spec.keep.items():
        try:
            content = read_kept(Path(spec.work) / source)
        except OSError:
            # Not there, or a link in its place: no waiting brings it. The worker finds it missing, and says so.
            continue
        if source in captured:
            content = masked(content, masker)
        sealed = seal(spec.key, content, file_context(spec.run_id, name))
        write_durably(Path(spec.control) / name, sealed)
        kept[name] = {"sha256": sha256(content).hexdigest()}
    return kept


def masked(content: bytes, masker: Masker) -> bytes:
    """Mask what a command printed for people to read; to the letter as it was where nothing was found."""
    try:
        document = json.loads(content)
        readable = masker.mask_json(document)
    except (ValueError, RecursionError):
        return masker.mask_text(content.decode("utf-8", "replace")).encode("utf-8", "replace")
    return content if readable == document else json.dumps(readable).encode()


def take_template(spec: Spec) -> bool:
    """Fill the work directory with what another run of this package version has initialized; False without one."""
    template = Path(spec.template) if spec.template else None
    if template is None or not template.is_dir():
        return False
    try:
        workspace.fill(Path(spec.work), template, uid=spec.confinement.uid)
    except OSError:
        # Too little room for it, or not all of it could be read: `init` says why.
        return False
    return True


def save_template(spec: Spec) -> None:
    """Keep the initialized directory, so that the next run of this package version needs no init."""
    target = Path(spec.template) if spec.template else None
    if target is None or target.exists():
        return
    if spec.cache:
        workspace.make_readable(Path(spec.cache))
    fresh = target.with_name(f"{target.name}.{os.getpid()}.new")
    made, locked = Path(spec.work) / ".terraform", Path(spec.work) / ".terraform.lock.hcl"
    # A link in their place would lead to what this process may read, and the run may not.
    with contextlib.suppress(OSError):
        if not made.is_symlink():
            shutil.copytree(made, fresh / made.name, symlinks=True)
            if locked.exists(follow_symlinks=False):
                (fresh / locked.name).write_bytes(read_kept(locked))
            os.rename(fresh, target)
    shutil.rmtree(fresh, ignore_errors=True)
