"""What no configuration package may hold: code that runs here, files read here, state kept elsewhere."""

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from activation.domain.errors import Refused
from activation.domain.guard import DATA_TYPES, IAM_TYPES, PROVIDER_SETTINGS
from activation.domain.hcl import LIMIT, Block, Document, calls, heredocs, literal, members, read, source_of

PROVIDER: Final = "hashicorp/aws"
MANIFEST: Final = "manifest.json"
LONGEST_MANIFEST: Final = 64 * 1024

MOST_HCL: Final = 256 * 1024
"""Bytes of all .tf files together; the bundled packages have 40 KiB."""
MOST_TOKENS: Final = 40_000
"""Words, signs and line ends of all .tf files together: each costs the reader a tenth of a millisecond, holding up the
whole process. The bundled packages have 10,000."""

_SOURCES = frozenset({PROVIDER, f"registry.terraform.io/{PROVIDER}", f"registry.opentofu.org/{PROVIDER}"})
_KINDS = frozenset(
    {"terraform", "provider", "variable", "locals", "resource", "data", "output", "module", "check", "moved"}
)
# templatestring() evaluates a text that was computed, and so could not be read here.
_READER = r"(?:file\w*|templatefile|templatestring|pathexpand)"
_READERS = re.compile(rf"(?:core::)?{_READER}")
_READER_IN_TEXT = re.compile(rf"\b{_READER}(?=\s*(?:\(|/\*|//|#))")
# Terraform lets comments stand between a function's name and its bracket.
_BRACKET = re.compile(r"(?:\s|/\*(?>.*?\*/)|(?:#|//)[^\n]*\n)*+\(", re.DOTALL)
_MOST_LOOKS = 100
# One string, nothing computed but the folder; anything else that begins like it could end elsewhere.
_INSIDE = re.compile(r'"\$\{path\.module\}/([A-Za-z0-9_.@+=,~#() /-]+)"')
_TOKEN = re.compile(rb"\w+|[^\w \t]")
# What Terraform takes in by itself, beside *.tf: values, other syntax, state, plug-ins, and files that override others.
_TAKEN_IN = re.compile(
    r"(?:.*/)?(?:[^/]*\.tf\.json|[^/]*\.tofu(?:\.json)?|[^/]*\.auto\.tfvars(?:\.json)?|terraform\.tfvars(?:\.json)?"
    r"|[^/]*\.tfstate(?:\..*)?|(?:[^/]*_)?override\.tf)|(?:.*/)?(?:\.terraform|terraform\.d)(?:/.*)?",
    re.IGNORECASE,
)
# What a run writes into the folder itself.
_OURS = re.compile(r"(?:tfplan|plan\.json|terraform\.rc|portal_imports\.tf)(?:/.*)?", re.IGNORECASE)
# Programs look for settings and plug-ins under hidden names. The few that pass are what authors' tools leave behind.
_HIDDEN = re.compile(
    r"(?:.*/)?\.(?!(?:terraform\.lock\.hcl|gitignore|gitattributes|gitkeep|editorconfig|tflint\.hcl"
    r"|terraform-docs\.ya?ml|pre-commit-config\.ya?ml|DS_Store|_[^/]*)$).*"
)
# A second look at the bare text, should the grammar ever read a file differently than Terraform does.
_SECOND_LOOK = re.compile(
    r'^[ \t]*((?:provisioner|backend)[ \t]+"|(?:resource|data|ephemeral)[ \t]+"(?!aws_))', re.MULTILINE
)
_TYPED = frozenset({"resource", "data", "ephemeral"})
_NAMED = {"external": "package_external", "http": "package_http", "terraform_remote_state": "package_remote_state"}


@dataclass(frozen=True)
class Module:
    """One folder that Terraform loads: its documents by file, and the folders it calls by name."""

    folder: str
    documents: Mapping[str, Document]
    calls: Mapping[str, str]

    def blocks(self, kind: str) -> Iterator[Block]:
        """Yield the top-level blocks of a kind, by file and place."""
        for document in self.documents.values():
            yield from (block for block in document.blocks if block.kind == kind)


def load(files: Mapping[str, bytes]) -> tuple[dict[str, Module], list[Refused]]:
    """Read the root module and every local module it reaches, by folder, and what stands against running them.

    Only folders that Terraform itself would load are read; examples beside them do not matter. Never raises.
    """
    modules: dict[str, Module] = {}
    problems = [_refused(code, name) for name in sorted(files) if (code := _forbidden(name))]
    if not any(_is_configuration(name, "") for name in files):
        problems.append(Refused("package_no_configuration", field="archive"))
    if _too_much(files):
        too_much = Refused("package_too_much", field="archive", limit=MOST_HCL // 1024, tokens=MOST_TOKENS)
        return modules, [*problems, too_much]
    types = None if is_for_a_region(files) else IAM_TYPES
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        if folder in modules:
            continue
        documents: dict[str, Document] = {}
        for name in sorted(files):
            if _is_configuration(name, folder):
                try:
                    documents[name] = read(files[name], name)
                except Refused as refused:
                    problems.append(refused)
        called: dict[str, str] = {}
        for name, document in documents.items():
            problems += _check(name, document, files, types)
            for block in document.blocks:
                target = _local_folder(block, folder, files) if block.kind == "module" else None
                if target is not None:
                    called[_label(block)] = target
                elif block.kind == "module":
                    source = source_of(block.attributes["source"]) if "source" in block.attributes else ""
                    problems.append(_refused("package_remote_module", name, block.line, what=source.strip('"')[:80]))
        modules[folder] = Module(folder, documents, called)
        waiting += called.values()
    return modules, [*problems, *_second_look(modules, files, problems)]


def lint(files: Mapping[str, bytes]) -> tuple[Refused, ...]:
    """Return everything in a package that stands against running it; empty when it may run.

    Codes (field `archive`, with `file` and `line` where there are): package_file_forbidden, package_file_hidden,
    package_no_configuration, package_too_much, package_file_too_large, package_not_text, package_not_hcl,
    package_block, package_provisioner, package_backend, package_setting, package_provider, package_provider_setting,
    package_external, package_http, package_remote_state, package_remote_module, package_reads_file,
    package_resource, package_data_source.
    """
    return tuple(load(files)[1])


def is_for_a_region(files: Mapping[str, bytes]) -> bool:
    """Tell whether the manifest names phases, as that of the package for a region does; no other builds one."""
    source = files.get(MANIFEST, b"")
    try:
        found = json.loads(source) if len(source) <= LONGEST_MANIFEST else None
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and "phases" in found


def _too_much(files: Mapping[str, bytes]) -> bool:
    sources = [files[name] for name in files if name.endswith(".tf")]
    if sum(map(len, sources)) > MOST_HCL:
        return True
    # A larger file is not read at all.
    return sum(1 for source in sources if len(source) <= LIMIT for _ in _TOKEN.finditer(source)) > MOST_TOKENS


def _forbidden(name: str) -> str:
    """Return the code for a file that may not be in a package by its name; empty for all others."""
    if _TAKEN_IN.fullmatch(name) or _OURS.fullmatch(name):
        return "package_file_forbidden"
    return "package_file_hidden" if _HIDDEN.fullmatch(name) else ""


def _is_configuration(name: str, folder: str) -> bool:
    """Tell whether Terraform loads this file for a folder: hidden and backup files are passed over."""
    directory, _, file = name.rpartition("/")
    return directory == folder and file.endswith(".tf") and not file.startswith((".", "#"))


def _check(
    name: str, document: Document, files: Mapping[str, bytes], types: frozenset[str] | None
) -> Iterator[Refused]:
    for block in document.blocks:
        if block.kind not in _KINDS and block.kind not in _TYPED:
            yield _refused("package_block", name, block.line, what=block.kind)
            continue
        yield from _check_inside(name, block, types)
        if block.kind == "terraform":
            yield from _check_settings(name, block)
        elif block.kind == "provider":
            yield from _check_provider(name, block)
    yield from _check_readers(name, document, files)


def _check_inside(name: str, block: Block, types: frozenset[str] | None) -> Iterator[Refused]:
    for inner in block.walk():
        if inner.kind in ("provisioner", "connection"):
            yield _refused("package_provisioner", name, inner.line, what=_label(inner) or inner.kind)
        # `data` may also stand inside `check`.
        elif inner.kind in _TYPED and (inner is block or inner.kind == "data"):
            kind = _label(inner)
            if not kind.startswith("aws_"):
                yield _refused(_NAMED.get(kind, "package_provider"), name, inner.line, what=kind)
            elif inner.kind == "ephemeral":
                yield _refused("package_block", name, inner.line, what=inner.kind)
            # A plan reads data sources: what one of them does is done before anybody sees the plan.
            elif inner.kind == "data" and kind not in DATA_TYPES:
                yield _refused("package_data_source", name, inner.line, what=kind)
            elif inner.kind == "resource" and types is not None and kind not in types:
                yield _refused("package_resource", name, inner.line, what=kind)
        # A plan does not say that there was one; of a role it could only be inline_policy.
        elif inner.kind == "dynamic" and block.kind == "resource" and types is not None:
            yield _refused("package_block", name, inner.line, what=f"dynamic {_label(inner)}".strip())


def _check_settings(name: str, block: Block) -> Iterator[Refused]:
    for attribute in block.attributes:
        if attribute != "required_version":
            yield _refused("package_setting", name, block.line, what=attribute)
    for inner in block.blocks:
        if inner.kind in ("backend", "cloud"):
            yield _refused("package_backend", name, inner.line, what=_label(inner) or inner.kind)
        elif inner.kind != "required_providers":
            yield _refused("package_setting", name, inner.line, what=inner.kind)
        else:
            for local_name, requirement in inner.attributes.items():
                source = members(requirement).get("source")
                written = f"hashicorp/{local_name}" if source is None else literal(source)
                if written is None or written.lower() not in _SOURCES:
                    yield _refused("package_provider", name, inner.line, what=written or local_name)


def _check_provider(name: str, block: Block) -> Iterator[Refused]:
    if _label(block) != "aws":
        yield _refused("package_provider", name, block.line, what=_label(block))
        return
    for setting in [*block.attributes, *(inner.kind for inner in block.blocks)]:
        if setting not in PROVIDER_SETTINGS | {"alias"}:
            yield _refused("package_provider_setting", name, block.line, what=setting)


def _check_readers(name: str, document: Document, files: Mapping[str, bytes]) -> Iterator[Refused]:
    """Find functions that read files: allowed inside the package only, for /proc holds Terraform's environment."""
    for function, arguments, line in calls(document.tree):
        if not _READERS.fullmatch(function):
            continue
        path = _inside_package(name, source_of(arguments[0]) if arguments else "")
        if path is None or function.endswith("templatestring"):
            yield _refused("package_reads_file", name, line, what=function)
        elif function.endswith("templatefile") and not _harmless_template(files.get(path)):
            # What is read as a template goes through the same functions, whatever the file is called.
            yield _refused("package_reads_file", path, 1, what="file")
    for text, line in heredocs(document.tree):
        if _calls_reader(text):
            yield _refused("package_reads_file", name, line, what="file")


def _harmless_template(content: bytes | None) -> bool:
    return content is not None and len(content) <= LIMIT and not _calls_reader(content.decode("utf-8", "replace"))


def _calls_reader(text: str) -> bool:
    """Tell whether a text that Terraform fills in may call a function that reads files."""
    if "${" not in text and "%{" not in text:
        return False
    looks = [found.end() for found in islice(_READER_IN_TEXT.finditer(text), _MOST_LOOKS + 1)]
    return len(looks) > _MOST_LOOKS or any(_BRACKET.match(text, end) for end in looks)


def _inside_package(name: str, argument: str) -> str | None:
    """Return the path in the package that a function's first argument names; None for what cannot be told."""
    found = _INSIDE.fullmatch(argument)
    if found is None or ".." in found[1]:
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), found[1]))


def _local_folder(block: Block, folder: str, files: Mapping[str, bytes]) -> str | None:
    source = literal(block.attributes.get("source"))
    if source is None or not source.startswith(("./", "../")):
        return None
    target = posixpath.normpath(posixpath.join(folder, source))
    target = "" if target == "." else target
    if target.startswith("..") or not any(_is_configuration(name, target) for name in files):
        return None
    return target


def _second_look(
    modules: Mapping[str, Module], files: Mapping[str, bytes], problems: Iterable[Refused]
) -> Iterator[Refused]:
    known = {problem.values.get("file") for problem in problems}
    for module in modules.values():
        for name in module.documents:
            found = _SECOND_LOOK.search(files[name].decode("utf-8", "replace"))
            if found and name not in known:
                line = files[name][: found.start()].count(b"\n") + 1
                yield _refused("package_provisioner", name, line, what=found[1].strip(' "'))


def _label(block: Block) -> str:
    return block.labels[0] if block.labels else ""


def _refused(code: str, file: str, line: int = 1, *, what: str = "") -> Refused:
    return Refused(code, field="archive", file=file, line=line, what=what)
