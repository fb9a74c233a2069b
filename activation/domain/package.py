"""A configuration package as the portal sees it: what it asks for, what it makes, what it returns."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from activation.domain.archive import digest
from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.errors import Refused
from activation.domain.hcl import Block, Expression, literal, source_of
from activation.domain.package_inputs import KEY_VARIABLES, Inputs, Variable
from activation.domain.package_lint import (
    LONGEST_MANIFEST,
    MANIFEST,
    PROVIDER,
    Module,
    is_for_a_region,
    lint,
    load,
)

__all__ = ["SEVEN_OUTPUTS", "Finding", "Package", "fill_example", "lint", "read_package"]

SEVEN_OUTPUTS: Final = tuple(output.name for output in ARN_OUTPUTS)

EXAMPLE: Final = "terraform.tfvars.example"
LOCK: Final = ".terraform.lock.hcl"

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,31}")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z]+")
# What decides whose rights a role has, and may be known only after the apply.
_POINTING = {
    "aws_iam_role": ("permissions_boundary",),
    "aws_iam_role_policy_attachment": ("role", "policy_arn"),
}
# A resource, or an instance of it, and nothing computed from it; also in the quotes of older Terraform.
_BARE = re.compile(
    r'("\$\{ ?)?(aws_iam_(?:policy|role)\.[A-Za-z_][\w-]*)(?:\[[^\[\]#/]+\])?\.(?:arn|id|name)(?(1) ?\}")', re.ASCII
)
_LOCKED = re.compile(r'^provider[ \t]+"([^"]+)"', re.MULTILINE)
_PHASES = ("create", "update", "destroy")


@dataclass(frozen=True)
class Finding:
    """Something to say about a package that may run nevertheless; its words stand in `errors.WORDING`."""

    code: str
    names: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return what was found, as a sentence."""
        return Refused(self.code, names=", ".join(self.names)).text

    @property
    def next_step(self) -> str:
        """Return what follows from it, as a sentence."""
        return Refused(self.code, names=", ".join(self.names)).next_step


@dataclass(frozen=True)
class Package:
    """What a package says of itself and what its configuration holds.

    `providers` are source addresses (`hashicorp/aws`). `addresses` are those of resources without `count` or
    `for_each` keys. `caller_actions` are IAM actions by phase (create, update, destroy), empty where the package does
    not name them; `caller_resources` the ARNs they are for. `digest` is the SHA-256 of its files. `pointers` tell, by
    address and attribute, which resource of the package decides a role's rights; only where the attribute is nothing
    but a reference to it.
    """

    name: str
    version: str
    label: str
    variables: tuple[Variable, ...]
    outputs: tuple[str, ...]
    resource_types: Mapping[str, int]
    addresses: tuple[str, ...]
    providers: tuple[str, ...]
    caller_actions: Mapping[str, tuple[str, ...]]
    caller_resources: tuple[str, ...]
    findings: tuple[Finding, ...]
    digest: str
    # How its building is shown: `{"name", "label"}` in order; what each address is for, how it is found and imported;
    # whom its roles trust. Empty where the manifest does not say.
    phases: tuple[Mapping[str, str], ...] = ()
    resources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    trusts: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    pointers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def arn_outputs(self) -> tuple[str, ...]:
        """Return those of the seven outputs that this package has, in their usual order."""
        return tuple(name for name in SEVEN_OUTPUTS if name in self.outputs)

    @property
    def builds_region(self) -> bool:
        """Tell whether it is a region's package: only these say in which phases they build."""
        return bool(self.phases)

    @property
    def keys_stay_out_of_plan(self) -> bool:
        """Tell whether plan and state are free of the key even when it is given by variable."""
        return not any(finding.code == "keys_not_ephemeral" for finding in self.findings)


def read_package(files: Mapping[str, bytes], *, name: str = "") -> Package:
    """Read an unpacked package; `name` is for one that has no manifest.

    Raises the first Refused of `lint`, or package_manifest.
    """
    modules, problems = load(files)
    if problems:
        raise problems[0]
    root = modules[""]
    manifest = _manifest(files)
    variables = tuple(_variables(root))
    outputs = tuple(sorted(block.labels[0] for block in root.blocks("output") if block.labels))
    resources = tuple(_resources(modules, root, ""))
    types = [block.labels[0] for block, _ in resources]
    addresses = [prefix + ".".join(block.labels[:2]) for block, prefix in resources]
    pointers = [_pointers(block, prefix) for block, prefix in resources]
    caller, trusts = _mapping(manifest, "caller"), _mapping(manifest, "trusts")
    resources_said = _mapping(manifest, "resources")
    return Package(
        name=_text(manifest, "name", _NAME) or name or "unnamed",
        version=_text(manifest, "version", _VERSION),
        label=_text(manifest, "label", None),
        variables=variables,
        outputs=outputs,
        resource_types={resource_type: types.count(resource_type) for resource_type in sorted(set(types))},
        addresses=tuple(sorted(addresses)),
        providers=(PROVIDER,),
        caller_actions={phase: _strings(caller, phase, _ACTION) for phase in _PHASES if phase in caller},
        caller_resources=_strings(caller, "resources", None),
        # What builds a region returns no seven ARNs and asks for no external ID: step 2 did.
        findings=tuple(_findings(files, variables, outputs, authorizes=not is_for_a_region(files))),
        digest=digest(files),
        phases=_texts_of(manifest.get("phases", [])),
        resources=dict(zip(resources_said, _texts_of([*resources_said.values()]), strict=True)),
        trusts={address: _mapping(trusts, address) for address in trusts},
        pointers={address: said for address, said in zip(addresses, pointers, strict=True) if said},
    )


def fill_example(text: str, values: Mapping[str, str], *, left_out: Collection[str] = ()) -> str:
    """Fill a terraform.tfvars.example: each `name = …` line of a named value, commented out or not, gets that value.

    Names without such a line are added at the end. Values are written as HCL strings that compute nothing. Lines of
    `left_out` are commented out: what a file sets, if only to nothing, counts before the environment.
    """
    lines = text.splitlines()
    for name in left_out:
        lines = [f"# {line}" if re.match(rf"[ \t]*{re.escape(name)}[ \t]*=", line) else line for line in lines]
    for name, value in values.items():
        written = f"{name} = {_quoted(value)}"
        pattern = re.compile(rf"[ \t]*(?:#[ \t]*)?{re.escape(name)}[ \t]*=")
        place = next((number for number, line in enumerate(lines) if pattern.match(line)), None)
        if place is None:
            lines.append(written)
        else:
            lines[place] = written
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _variables(root: Module) -> Iterator[Variable]:
    for block in root.blocks("variable"):
        if not block.labels:
            continue
        written = block.attributes
        default = written.get("default")
        yield Variable(
            name=block.labels[0],
            type=source_of(written["type"]) if "type" in written else "any",
            description=literal(written.get("description")) or "",
            default=_default(default),
            required=default is None,
            ephemeral=_is_true(written.get("ephemeral")),
            sensitive=_is_true(written.get("sensitive")),
        )


def _default(expression: Expression | None) -> str | None:
    if expression is None or source_of(expression) == "null":
        return None
    text = literal(expression)
    return source_of(expression) if text is None else text


def _is_true(expression: Expression | None) -> bool:
    return expression is not None and source_of(expression) in ("true", '"true"')


def _resources(
    modules: Mapping[str, Module], module: Module, prefix: str, above: tuple[str, ...] = ()
) -> Iterator[tuple[Block, str]]:
    """Yield every resource's block with the address of the module that it stands in."""
    for block in module.blocks("resource"):
        yield block, prefix
    for name, folder in module.calls.items():
        # Terraform refuses a module that calls itself; until it does, do not follow.
        if folder not in above:
            yield from _resources(modules, modules[folder], f"{prefix}module.{name}.", (*above, module.folder))


def _pointers(block: Block, prefix: str) -> dict[str, str]:
    found = {
        attribute: _BARE.fullmatch(source_of(block.attributes[attribute]))
        for attribute in _POINTING.get(block.labels[0], ())
        if attribute in block.attributes
    }
    return {attribute: prefix + match[2] for attribute, match in found.items() if match}


def _findings(
    files: Mapping[str, bytes], variables: tuple[Variable, ...], outputs: tuple[str, ...], *, authorizes: bool
) -> Iterator[Finding]:
    keys = [variable for variable in variables if variable.name in KEY_VARIABLES]
    if lasting := tuple(variable.name for variable in keys if not variable.ephemeral):
        yield Finding("keys_not_ephemeral", lasting)
    if preset := tuple(variable.name for variable in keys if variable.default):
        yield Finding("keys_preset", preset)
    missing = tuple(name for name in SEVEN_OUTPUTS if name not in outputs)
    if authorizes and missing:
        yield Finding("outputs_missing", missing)
    if authorizes and not any(variable.name == "external_id" for variable in variables):
        yield Finding("external_id_not_asked", ("external_id",))
    if authorizes:
        yield from _of_inputs(Inputs.of(variables))
    locked = _LOCKED.findall(files.get(LOCK, b"").decode("utf-8", "replace"))
    if not any(source.endswith(f"/{PROVIDER}") for source in locked):
        yield Finding("provider_not_locked", (PROVIDER,))


def _of_inputs(inputs: Inputs) -> Iterator[Finding]:
    if inputs.needs_long_term_key:
        yield Finding("long_term_key_needed", ("aws_session_token",))
    if needed := tuple(each.name for each in inputs.from_file if each.required):
        yield Finding("inputs_from_file", needed)
    if inputs.unfillable:
        yield Finding("inputs_unfillable", inputs.unfillable)
    if optional := tuple(each.name for each in inputs.secret if not each.required):
        yield Finding("inputs_secret", optional)


def _manifest(files: Mapping[str, bytes]) -> Mapping[str, object]:
    source = files.get(MANIFEST, b"{}")
    try:
        found = json.loads(source) if len(source) <= LONGEST_MANIFEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused("package_manifest", field="archive")
    return found


def _mapping(manifest: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = manifest.get(key, {})
    if not isinstance(found, dict):
        raise Refused("package_manifest", field="archive")
    return found


def _text(manifest: Mapping[str, object], key: str, grammar: re.Pattern[str] | None) -> str:
    found = manifest.get(key, "")
    if not isinstance(found, str) or len(found) > 200 or not found.isprintable():
        raise Refused("package_manifest", field="archive")
    if found and grammar is not None and not grammar.fullmatch(found):
        raise Refused("package_manifest", field="archive")
    return found


def _texts_of(said: object) -> tuple[Mapping[str, str], ...]:
    """Return a list of objects whose values are texts; raises Refused("package_manifest") for anything else."""
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise Refused("package_manifest", field="archive")
    if not all(isinstance(text, str) and text.isprintable() for each in said for text in each.values()):
        raise Refused("package_manifest", field="archive")
    return tuple(said)


def _strings(manifest: Mapping[str, object], key: str, grammar: re.Pattern[str] | None) -> tuple[str, ...]:
    found = manifest.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, str) and item.isprintable() for item in found):
        raise Refused("package_manifest", field="archive")
    if grammar is not None and not all(grammar.fullmatch(item) for item in found):
        raise Refused("package_manifest", field="archive")
    return tuple(found)
