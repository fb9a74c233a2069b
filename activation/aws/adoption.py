"""Look in an account for what a run left behind, and decide what becomes of each thing."""

from collections.abc import Collection, Mapping

from activation.aws.inventory import Inventory
from activation.domain.adoption import (
    ACTIVATION_TAG,
    ATTACHMENT,
    POLICY,
    ROLE,
    Found,
    Held,
    Import,
    Owner,
    Wanted,
    arn_of,
    needs_replacing,
    not_ours,
    sentence,
    wanted_by_tag,
)

Listed = Mapping[str, Mapping[str, Held] | None]


def look(
    inventory: Inventory,
    *,
    wanted: Mapping[str, Wanted],
    recorded: Collection[str],
    tainted: Mapping[str, Wanted],
    addresses: Collection[str],
    paths: Collection[str],
    owner: Owner,
    account: str,
    partition: str = "aws",
) -> Found:
    """Find what exists in AWS and is not, or only as half made, in the state.

    `wanted` is what earlier plans would make, by address; `recorded` the addresses that the state holds, whole or
    tainted; `tainted` what the state holds as half made. `addresses` are the package's; under its `paths` things are
    looked for by their tags too. Raises Refused and Faulted; with "recovery_inconclusive" nothing may be started.
    """
    listed: Listed = {kind: inventory.listed(kind) for kind in (POLICY, ROLE)}
    missing = {address: each for address, each in wanted.items() if address not in recorded}
    missing |= _marked(inventory, listed, wanted, recorded, addresses=addresses, paths=paths, owner=owner)
    imports: list[Import] = []
    replaceable: list[str] = []
    strangers: list[str] = []
    for each in missing.values():
        if each.type == ATTACHMENT:
            continue
        held = _find(inventory, listed, each, account=account, partition=partition)
        if held is None:
            continue
        if why := not_ours(each, held, owner):
            strangers.append(sentence(held, why))
            continue
        imports.append(Import(each.address, held.import_id, each.label, each.type))
        if needs_replacing(each, held):
            replaceable.append(each.address)
    if strangers:
        return Found(strangers=tuple(strangers))
    imports += _attached(inventory, missing, wanted, {each.address for each in imports}, recorded)
    untaint, broken = _half_made(inventory, tainted, wanted, owner)
    return Found(tuple(imports), untaint, (*replaceable, *broken))


def _marked(
    inventory: Inventory,
    listed: Listed,
    wanted: Mapping[str, Wanted],
    recorded: Collection[str],
    *,
    addresses: Collection[str],
    paths: Collection[str],
    owner: Owner,
) -> dict[str, Wanted]:
    """Find what no plan that we keep speaks of, but whose own tags say that it is ours."""
    planned = {each.name.casefold() for each in wanted.values() if each.type != ATTACHMENT}
    found: dict[str, Wanted] = {}
    for kind, things in listed.items():
        for name, each in (things or {}).items():
            if each.path not in paths or name in planned:
                continue
            held = inventory.role(each.name) if kind == ROLE else inventory.policy(each.arn)
            mark = wanted_by_tag(held, addresses=addresses, owner=owner) if held is not None else None
            if mark is not None and mark.address not in recorded and mark.address not in wanted:
                found[mark.address] = mark
    return found


def _find(inventory: Inventory, listed: Listed, wanted: Wanted, *, account: str, partition: str) -> Held | None:
    """Return what has a name of ours, whatever its path and its letters' case: IAM's names are unique like that."""
    entry = (listed[wanted.type] or {}).get(wanted.name.casefold())
    if wanted.type == ROLE:
        return inventory.role(entry.name if entry else wanted.name)
    arn = entry.arn if entry else arn_of(wanted, account=account, partition=partition)
    # Where things carry no mark of ours, what they say is the evidence.
    return inventory.policy(arn, with_text=ACTIVATION_TAG not in wanted.tags)


def _attached(
    inventory: Inventory,
    missing: Mapping[str, Wanted],
    wanted: Mapping[str, Wanted],
    found: Collection[str],
    recorded: Collection[str],
) -> list[Import]:
    """Find attachments that exist; whose they are follows from their role, which must be ours."""
    own_roles = {
        each.name for address, each in wanted.items() if each.type == ROLE and (address in found or address in recorded)
    }
    attached: dict[str, frozenset[str]] = {}
    imports = []
    for each in missing.values():
        if each.type != ATTACHMENT or each.role not in own_roles:
            continue
        if each.role not in attached:
            attached[each.role] = inventory.attached(each.role)
        if each.policy_arn in attached[each.role]:
            imports.append(Import(each.address, f"{each.role}/{each.policy_arn}", each.label, each.type))
    return imports


def _half_made(
    inventory: Inventory, tainted: Mapping[str, Wanted], wanted: Mapping[str, Wanted], owner: Owner
) -> tuple[tuple[Import, ...], tuple[str, ...]]:
    """Tell which half made things are whole in AWS, and which have to be made anew; what is gone is neither."""
    untaint: list[Import] = []
    broken: list[str] = []
    for address, recorded in tainted.items():
        if recorded.type == ATTACHMENT:
            if recorded.policy_arn in inventory.attached(recorded.role):
                identity = f"{recorded.role}/{recorded.policy_arn}"
                untaint.append(Import(address, identity, recorded.label, recorded.type))
            continue
        planned = wanted.get(address, recorded)
        if recorded.type == ROLE:
            held = inventory.role(recorded.name)
        else:
            held = inventory.policy(recorded.policy_arn, with_text=ACTIVATION_TAG not in planned.tags)
        # What is in the state and not ours stays as it is: the plan would replace it, and the safety check refuses.
        if held is None or not_ours(planned, held, owner):
            continue
        if needs_replacing(planned, held):
            broken.append(address)
        else:
            untaint.append(Import(address, held.import_id, recorded.label, recorded.type))
    return tuple(untaint), tuple(broken)
