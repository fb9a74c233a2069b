"""Whether a plan is covered by the approval of an earlier one: the same things with the same values, or fewer."""

from collections.abc import Iterator, Mapping

from activation.domain.plan import PlanReview, ResourceChange

_QUIET = frozenset({"no-op", "read"})
# What the provider adds by itself when a thing is imported instead of created; no value of the configuration.
_MISSING = object()


def beyond(plan: PlanReview, approved: PlanReview) -> tuple[str, ...]:
    """Say in sentences what a plan does that the approved one did not; nothing where it is covered.

    Covered is to create, take over, or set right something that was to be created, with values that were approved: a
    value that was not known then may be what it is now. Never covered are deletes and replacements.
    """
    wanted = {change.address: change for change in approved.changes if change.mode == "managed"}
    return tuple(text for change in plan.changes for text in _more(change, wanted.get(change.address)))


def _more(change: ResourceChange, approved: ResourceChange | None) -> Iterator[str]:
    if change.mode != "managed" or (change.action in _QUIET and not change.importing_id):
        return
    if approved is None or approved.action not in {"create", "update", "no-op"}:
        yield f"{change.address} was not in the approved plan."
    elif change.action not in {"create", "update", "import", *_QUIET}:
        yield f"{change.address} would be changed by {change.action}."
    else:
        yield from _values(change, approved)


def _values(change: ResourceChange, approved: ResourceChange) -> Iterator[str]:
    """Compare what was approved as known; what the approved plan left open, AWS decided meanwhile."""
    for name, value in approved.after.items():
        if approved.is_unknown(name) or change.is_unknown(name):
            continue
        if value is not None and _plain(change.after.get(name, _MISSING)) != _plain(value):
            yield f"{change.address}: {name} is not what was approved."


def _plain(value: object) -> object:
    """Tell nothing from an empty value: what was null or empty at creation is read back as the other."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items() if _plain(each) not in ("", (), None)}
    if isinstance(value, list | tuple):
        return tuple(_hashable(_plain(each)) for each in value)
    return value


def _hashable(value: object) -> object:
    return tuple(sorted(value.items(), key=str)) if isinstance(value, dict) else value
