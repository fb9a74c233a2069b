"""Look in an account for what a run of a region left behind, and decide what becomes of each thing."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from activation.aws.region_inventory import RegionInventory
from activation.domain.adoption import ADDRESS_TAG, Found, Import
from activation.domain.errors import Faulted, Refused
from activation.domain.region_adoption import (
    NAT_GATEWAY,
    PROVIDER,
    Condition,
    Row,
    Seen,
    identity,
    minutes_for,
    not_ours,
    parent,
    stranger,
    taken_in,
)
from activation.domain.resource_names import type_label

# While something is still being made, it is asked for again so often, and a line is written so often; seconds.
EVERY, SAID_EVERY = 15.0, 60.0
_UNSETTLED = frozenset({Condition.COMING, Condition.GOING})


def look(
    inventory: RegionInventory,
    *,
    rows: Collection[Row],
    values: Mapping[str, str],
    recorded: Mapping[str, str],
    tainted: Collection[str],
    tag: str,
    account: str,
    partition: str = "aws",
    say: Callable[[str], None] = lambda text: None,
) -> Found:
    """Find what exists in AWS and is not, or only as half made, in the state.

    `rows` are what the package makes, in order; `values` what templates name; `recorded` the ids of what the state
    holds, whole or tainted, by address without instance keys, `tainted` the full addresses of what it holds as half
    made. What AWS is still making or removing is waited for, and `say` told of it. Raises what the inventory raises,
    Faulted("recovery_inconclusive") where that takes too long, Refused("recovery_doubled") where two things carry
    the tags of one address.
    """
    looker = _Looker(inventory, tuple(rows), tag, account, partition, say)
    looker.recorded, looker.known = recorded, {**values, **recorded}
    looker.own = set(recorded)
    imports: list[Import] = []
    untaint: list[Import] = []
    replaceable: list[str] = []
    strangers: list[str] = []
    for row in looker.rows:
        half_made = row.target in tainted
        if row.find == "tag" and row.type != PROVIDER and row.address in recorded:
            looker.name_leftovers(row)
        if row.address in recorded and not half_made:
            continue
        seen = looker.settled(row, half_made=half_made)
        if seen is None:
            continue
        if why := not_ours(seen, address=row.address, tag=tag):
            # What is in the state and not ours stays as it is: the plan would replace it, the safety check refuses.
            if not half_made:
                strangers.append(stranger(seen, why))
            continue
        looker.known[row.address] = seen.id
        looker.own.add(row.address)
        if not half_made:
            imports.append(taken_in(row, seen))
        if seen.condition is Condition.BROKEN:
            replaceable.append(row.target)
        elif half_made:
            untaint.append(taken_in(row, seen))
    if strangers:
        return Found(strangers=tuple(strangers))
    return Found(tuple(imports), tuple(untaint), tuple(replaceable))


@dataclass
class _Looker:
    inventory: RegionInventory
    rows: tuple[Row, ...]
    tag: str
    account: str
    partition: str
    say: Callable[[str], None]
    recorded: Mapping[str, str] = field(default_factory=dict)
    # What templates may name, and which addresses are known to be ours.
    known: dict[str, str] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    _listed: dict[str, tuple[Seen, ...]] = field(default_factory=dict)

    def settled(self, row: Row, *, half_made: bool) -> Seen | None:
        """Return a thing once AWS is done with it, for good or ill; None where there is none, or none any more."""
        waited, most = 0.0, minutes_for(row.type)
        while True:
            seen = self._read(row, half_made=half_made)
            if seen is None or seen.condition not in _UNSETTLED:
                return None if seen is None or seen.condition is Condition.GONE else seen
            if not_ours(seen, address=row.address, tag=self.tag):
                return seen
            being = "removed" if seen.condition is Condition.GOING else "made"
            what = f"The {type_label(row.type)} {seen.label} is still being {being} by AWS ({seen.says})"
            if waited >= most * 60:
                raise Faulted("recovery_inconclusive", detail=f"{what}, after {most} minutes.")
            if waited % SAID_EVERY == 0:
                since = f" for {waited / 60:.0f} min" if waited else ""
                self.say(f"{what}. Waiting{since} until that is done, {most} minutes at most.")
            self.inventory.settle(EVERY)
            self._listed.clear()
            waited += EVERY

    def name_leftovers(self, row: Row) -> None:
        """Say what carries the tags of an address whose thing in the state is another one."""
        for each in self._marked(row):
            if each.id != self.recorded[row.address] and _stands(each):
                self.say(
                    f"The {type_label(row.type)} {each.label} carries the tags of {row.address} too, but is not the "
                    "one in the state. It is not touched. Check it in the AWS console and delete it if nothing uses it."
                )

    def _read(self, row: Row, *, half_made: bool) -> Seen | None:
        above = parent(row, self.rows, self.known)
        if above is not None and above.address not in self.own:
            return None
        if row.type == PROVIDER:
            return self._provider(row, above, half_made=half_made)
        if row.find == "tag":
            return self._tagged(row, half_made=half_made)
        wanted = identity(row, self.known)
        if not wanted:
            return None
        if row.find == "parts":
            return self.inventory.joined(row.type, wanted)
        return self.inventory.named(row.type, wanted, account=self.account, half_made=half_made)

    def _tagged(self, row: Row, *, half_made: bool) -> Seen | None:
        marked = self._marked(row)
        if half_made:
            return next((each for each in marked if each.id == self.recorded[row.address]), None)
        standing = [each for each in marked if _stands(each)]
        if len(standing) > 1:
            things = " and ".join(each.label for each in standing)
            raise Refused("recovery_doubled", address=row.address, things=things)
        going = [each for each in marked if each.condition is Condition.GOING]
        return next(iter([*standing, *going]), None)

    def _provider(self, row: Row, cluster: Row | None, *, half_made: bool) -> Seen | None:
        if half_made:
            return self.inventory.named(PROVIDER, self.recorded[row.address], account=self.account)
        # The role may not list providers; but there is one of an issuer, and its ARN follows from it.
        issuer = self.inventory.issuer(identity(cluster, self.known)) if cluster else ""
        arn = f"arn:{self.partition}:iam::{self.account}:oidc-provider/{issuer}"
        return self.inventory.named(PROVIDER, arn, account=self.account) if issuer else None

    def _marked(self, row: Row) -> list[Seen]:
        if row.type not in self._listed:
            self._listed[row.type] = self.inventory.tagged(row.type, self.tag)
        return [each for each in self._listed[row.type] if (each.tags or {}).get(ADDRESS_TAG) == row.address]


def _stands(seen: Seen) -> bool:
    """Return whether a thing counts: a gateway that failed does not, and AWS removes it by itself within the hour."""
    if seen.type == NAT_GATEWAY and seen.condition is Condition.BROKEN:
        return False
    return seen.condition not in {Condition.GOING, Condition.GONE}
