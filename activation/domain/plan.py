"""A Terraform plan, read from `terraform show -json PLAN`, for people and for the safety check."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from activation.domain import policy_document
from activation.domain.errors import Refused
from activation.domain.policy_document import PolicyDocument
from activation.domain.resource_names import type_label

SENSITIVE = "(sensitive)"

_ACTIONS: dict[tuple[str, ...], str] = {
    ("no-op",): "no-op",
    ("create",): "create",
    ("read",): "read",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
}


@dataclass(frozen=True)
class ResourceChange:
    """What the plan does to one resource; sensitive values are already `(sensitive)`.

    `references` names, for each attribute that the configuration sets, what its expression refers to: the only
    evidence about a value that is known after apply. `after` and `before` are empty where there is none.
    """

    address: str
    type: str
    name: str
    actions: tuple[str, ...]
    action: str
    after: Mapping[str, object] = field(default_factory=dict)
    before: Mapping[str, object] = field(default_factory=dict)
    after_unknown: Mapping[str, object] = field(default_factory=dict)
    importing_id: str = ""
    display_name: str = ""
    provider: str = ""
    mode: str = "managed"
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def settled(self) -> Mapping[str, object]:
        """The values it will have; for a delete, those it has."""
        return self.before if self.action in {"delete", "forget"} else self.after

    @property
    def type_label(self) -> str:
        """The kind of thing in plain words, such as `IAM role`."""
        return type_label(self.type)

    def is_unknown(self, attribute: str) -> bool:
        """Whether the value, or a part of it, is only known after apply."""
        return _any_true(self.after_unknown.get(attribute))


@dataclass(frozen=True)
class TypeGroup:
    """The changes of one resource type, with its plain name."""

    type: str
    label: str
    changes: tuple[ResourceChange, ...]


@dataclass(frozen=True)
class PlannedPolicy:
    """A policy document the plan puts in place; `document` is None where `problem` says why it cannot be read."""

    address: str
    display_name: str
    path: str
    text: str
    document: PolicyDocument | None
    problem: str = ""

    @property
    def characters(self) -> int:
        """Size as IAM counts it; the limit is `policy_document.MANAGED_POLICY_LIMIT`."""
        return policy_document.characters(self.text) if self.text else 0


@dataclass(frozen=True)
class Output:
    """One root output: its value where it is known and not sensitive, else None."""

    name: str
    value: object = None
    known: bool = False
    sensitive: bool = False


@dataclass(frozen=True)
class PlanReview:
    """All that the review page and the safety check need of a plan.

    `provider_settings` are the names of what the package sets in its provider blocks, `data_types` the types of data
    source it reads, `provisioners` and `invocations` the addresses of what would run commands (`action` blocks came
    with Terraform 1.14), `drifted` the addresses of what was changed outside Terraform.
    """

    changes: tuple[ResourceChange, ...]
    outputs: tuple[Output, ...] = ()
    terraform_version: str = ""
    account: str = ""
    providers: tuple[str, ...] = ()
    provider_settings: tuple[str, ...] = ()
    provisioners: tuple[str, ...] = ()
    data_types: tuple[str, ...] = ()
    invocations: tuple[str, ...] = ()
    drifted: tuple[str, ...] = ()
    outputs_change: bool = False
    complete: bool = True
    errored: bool = False

    @property
    def to_add(self) -> int:
        """Resources created, replacements included, as Terraform counts."""
        return self._count("create", "replace")

    @property
    def to_change(self) -> int:
        """Resources changed in place."""
        return self._count("update")

    @property
    def to_destroy(self) -> int:
        """Resources deleted, replacements included, as Terraform counts."""
        return self._count("delete", "replace")

    @property
    def to_import(self) -> int:
        """Resources found again and taken into the state."""
        return sum(1 for change in self.changes if change.importing_id)

    @property
    def has_changes(self) -> bool:
        """Whether an apply would do anything; after a lost run that may be only to write the outputs down."""
        return self.outputs_change or any(change.action not in {"no-op", "read"} for change in self.changes)

    @property
    def by_type(self) -> tuple[TypeGroup, ...]:
        """What changes, grouped by type, in order of appearance; untouched things and reads left out."""
        groups: dict[str, list[ResourceChange]] = {}
        for change in self.changes:
            if change.mode == "managed" and change.action != "no-op":
                groups.setdefault(change.type, []).append(change)
        return tuple(TypeGroup(kind, type_label(kind, len(each)), tuple(each)) for kind, each in groups.items())

    @property
    def policies(self) -> tuple[PlannedPolicy, ...]:
        """The document of each `aws_iam_policy` that will stand after the apply."""
        return tuple(_planned(each, "policy") for each in self._standing("aws_iam_policy"))

    @property
    def trusts(self) -> tuple[PlannedPolicy, ...]:
        """The trust policy of each `aws_iam_role` that will stand after the apply."""
        return tuple(_planned(each, "assume_role_policy") for each in self._standing("aws_iam_role"))

    def sentence(self, account: str) -> str:
        """Say in one sentence what an apply does in the account (12 digits)."""
        counts = (
            (self._count("create"), "create"),
            (self._count("import"), "import"),
            (self._count("update"), "change"),
            (self._count("replace"), "replace"),
            (self._count("delete"), "delete"),
            (self._count("forget"), "stop managing"),
        )
        deeds = [(count, verb) for count, verb in counts if count]
        if not deeds and self.outputs_change:
            return (
                f"Terraform will not create, change or delete anything in account {account}; it only records outputs."
            )
        if not deeds:
            return f"There is nothing to do in account {account}: everything is as the package describes it."
        parts = [f"{verb} {_things(count) if index == 0 else count}" for index, (count, verb) in enumerate(deeds)]
        parts = [f"{part} found again" if part.startswith("import") else part for part in parts]
        listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
        done = {verb for _, verb in deeds}
        spared = [
            word
            for word, verbs in (
                ("created", {"create", "replace"}),
                ("changed", {"change", "replace"}),
                ("deleted", {"delete", "replace"}),
            )
            if not verbs & done
        ]
        rest = f"; nothing is {' or '.join(spared)}" if spared else ""
        return f"Terraform will {listed} in account {account}{rest}."

    def to_json(self) -> dict[str, object]:
        """Give plain JSON values, to be stored; `from_json` reads them back."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Self:
        """Read what `to_json` gave, also after it went through JSON text."""
        values: dict[str, Any] = {key: tuple(each) if isinstance(each, list) else each for key, each in stored.items()}
        values["changes"] = tuple(_stored_change(each) for each in values["changes"])
        values["outputs"] = tuple(Output(**each) for each in values["outputs"])
        return cls(**values)

    def _count(self, *actions: str) -> int:
        return sum(1 for change in self.changes if change.mode == "managed" and change.action in actions)

    def _standing(self, kind: str) -> Iterator[ResourceChange]:
        return (each for each in self.changes if each.type == kind and each.action not in {"delete", "forget"})


def configuration_address(address: str) -> str:
    """Strip instance keys: `module.a["x"].aws_iam_role.b[0]` → `module.a.aws_iam_role.b`."""
    return re.sub(r'\[(?:"(?:[^"\\]|\\.)*"|[^\]]*)\]', "", address)


def read_plan(document: Mapping[str, object]) -> PlanReview:
    """Read the parsed output of `terraform show -json PLAN` (format 1.x).

    Raises `Refused("plan_unreadable")` where the document is not such a plan.
    """
    version = document.get("format_version")
    if not isinstance(version, str) or not version.startswith("1."):
        raise Refused("plan_unreadable")
    configured = _configured(_mapping(_mapping(document.get("configuration")).get("root_module")), "")
    provider_config = _mapping(_mapping(document.get("configuration")).get("provider_config"))
    changes = tuple(
        _change(each, configured) for each in _list(document.get("resource_changes")) if isinstance(each, Mapping)
    )
    prior = list(_prior_resources(document))
    names = [_text(_mapping(each).get("full_name")) for each in provider_config.values()]
    names += [_text(each.get("provider_name")) for each in prior]
    data = [each for each in (*configured.values(), *prior) if each.get("mode") == "data"]
    settings = {f"{key}.{name}" for key, each in provider_config.items() for name in _provider_settings(each)}
    return PlanReview(
        changes=changes,
        outputs=_outputs(document),
        terraform_version=_text(document.get("terraform_version")),
        account=_account(prior),
        providers=tuple(sorted({name for name in (*names, *(each.provider for each in changes)) if name})),
        provider_settings=tuple(sorted(settings)),
        provisioners=tuple(address for address, resource in configured.items() if resource.get("provisioners")),
        data_types=tuple(sorted({_text(each.get("type")) for each in data})),
        invocations=tuple(
            _text(_mapping(each).get("address"))
            for key in ("action_invocations", "deferred_action_invocations")
            for each in _list(document.get(key))
        ),
        drifted=tuple(_text(_mapping(each).get("address")) for each in _list(document.get("resource_drift"))),
        outputs_change=any(
            _mapping(each).get("actions") != ["no-op"] for each in _mapping(document.get("output_changes")).values()
        ),
        complete=document.get("complete") is not False,
        errored=document.get("errored") is True,
    )


def _stored_change(stored: Mapping[str, Any]) -> ResourceChange:
    references = {key: tuple(each) for key, each in stored["references"].items()}
    return ResourceChange(**{**stored, "actions": tuple(stored["actions"]), "references": references})


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _things(count: int) -> str:
    return "1 resource" if count == 1 else f"{count} resources"


def _any_true(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_any_true(each) for each in value.values())
    if isinstance(value, list):
        return any(_any_true(each) for each in value)
    return value is True


def _masked(value: object, sensitive: object) -> object:
    """Replace what Terraform marks as sensitive: `True` covers a whole value, objects and lists mark their parts."""
    if sensitive is True:
        return SENSITIVE
    if isinstance(value, Mapping) and isinstance(sensitive, Mapping):
        return {str(key): _masked(each, sensitive.get(key)) for key, each in value.items()}
    if isinstance(value, list) and isinstance(sensitive, list):
        marks = sensitive + [None] * (len(value) - len(sensitive))
        return [_masked(each, mark) for each, mark in zip(value, marks, strict=False)]
    return value


def _masked_object(value: object, sensitive: object) -> Mapping[str, object]:
    values = _mapping(value)
    if sensitive is True:
        return dict.fromkeys(values, SENSITIVE)
    return _mapping(_masked(values, sensitive))


def _configured(module: Mapping[str, object], prefix: str) -> dict[str, Mapping[str, object]]:
    """Map each configured resource's address, without instance keys, to its configuration."""
    found: dict[str, Mapping[str, object]] = {
        prefix + _text(resource.get("address")): {**resource, "prefix": prefix}
        for resource in map(_mapping, _list(module.get("resources")))
    }
    for name, call in _mapping(module.get("module_calls")).items():
        found |= _configured(_mapping(_mapping(call).get("module")), f"{prefix}module.{name}.")
    return found


def _references(expression: object, prefix: str) -> tuple[str, ...]:
    if isinstance(expression, list):  # a nested block: everything its arguments refer to
        return tuple(found for each in expression for found in _references(each, prefix))
    inner = _mapping(expression)
    if "references" in inner or "constant_value" in inner:
        return tuple(prefix + _text(each) for each in _list(inner.get("references")))
    return tuple(found for each in inner.values() for found in _references(each, prefix))


def _change(each: Mapping[str, object], configured: Mapping[str, Mapping[str, object]]) -> ResourceChange:
    change = _mapping(each.get("change"))
    address = _text(each.get("address"))
    actions = tuple(_text(action) for action in _list(change.get("actions")))
    importing = _mapping(change.get("importing"))
    action = _ACTIONS.get(actions, "unknown")
    if importing and action == "no-op":
        action = "import"
    after = _masked_object(change.get("after"), change.get("after_sensitive"))
    before = _masked_object(change.get("before"), change.get("before_sensitive"))
    resource = configured.get(configuration_address(address), {})
    prefix = _text(resource.get("prefix"))
    return ResourceChange(
        address=address,
        type=_text(each.get("type")),
        name=_text(each.get("name")),
        actions=actions,
        action=action,
        after=after,
        before=before,
        after_unknown=_mapping(change.get("after_unknown")),
        importing_id=_text(importing.get("id")) or ("(unknown)" if importing else ""),
        display_name=_display_name(_text(each.get("type")), after or before) or address,
        provider=_text(each.get("provider_name")),
        mode=_text(each.get("mode")) or "managed",
        references={
            key: _references(expression, prefix) for key, expression in _mapping(resource.get("expressions")).items()
        },
    )


def _display_name(kind: str, values: Mapping[str, object]) -> str:
    if kind == "aws_iam_role_policy_attachment":
        policy = _text(values.get("policy_arn")).rpartition("/")[2]
        return f"{policy or 'policy'} on {_text(values.get('role'))}" if values.get("role") else policy
    own = next((_text(values[key]) for key in ("name", "cluster_name", "bucket") if _text(values.get(key))), "")
    return own or _text(_mapping(values.get("tags")).get("Name"))


def _provider_settings(config: object) -> tuple[str, ...]:
    # A null constant is a setting left out.
    expressions = _mapping(_mapping(config).get("expressions"))
    return tuple(key for key, value in expressions.items() if _mapping(value) != {"constant_value": None})


def _outputs(document: Mapping[str, object]) -> tuple[Output, ...]:
    found = []
    for name, change in sorted(_mapping(document.get("output_changes")).items()):
        each = _mapping(change)
        if each.get("actions") == ["delete"]:
            continue
        sensitive = _any_true(each.get("after_sensitive"))
        known = "after" in each and not _any_true(each.get("after_unknown"))
        value = each.get("after") if known and not sensitive else None
        found.append(Output(name, value, known, sensitive))
    return tuple(found)


def _prior_resources(document: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Give the resources of the state before the plan, data sources that it has read among them."""
    modules = [_mapping(_mapping(_mapping(document.get("prior_state")).get("values")).get("root_module"))]
    while modules:
        module = modules.pop()
        yield from map(_mapping, _list(module.get("resources")))
        modules += map(_mapping, _list(module.get("child_modules")))


def _account(prior: list[Mapping[str, object]]) -> str:
    """Give the account Terraform itself saw, where the package asks (data.aws_caller_identity)."""
    seen = [each for each in prior if each.get("mode") == "data" and each.get("type") == "aws_caller_identity"]
    return next((_text(_mapping(each.get("values")).get("account_id")) for each in seen), "")


def _planned(change: ResourceChange, attribute: str) -> PlannedPolicy:
    text = _text(change.after.get(attribute))
    document: PolicyDocument | None = None
    problem = ""
    if change.is_unknown(attribute):
        text, problem = "", "unknown"
    elif text == SENSITIVE:
        text, problem = "", "sensitive"
    else:
        try:
            document = policy_document.read(text)
        except Refused:
            problem = "unreadable"
    return PlannedPolicy(
        address=change.address,
        display_name=change.display_name,
        path=_text(change.after.get("path")),
        text=text,
        document=document,
        problem=problem,
    )
