"""Who may change whose place in an organization."""

from activation.domain.errors import Refused
from activation.domain.roles import RIGHTS, Right, Role


def grantable_roles(by: Role) -> tuple[Role, ...]:
    """Return the roles that a member of role `by` may give to others; only an owner makes owners."""
    if Right.MANAGE_MEMBERS not in RIGHTS[by]:
        return ()
    return tuple(role for role in Role if role is not Role.OWNER or by is Role.OWNER)


def check_may_grant(by: Role, role: Role) -> None:
    """Raise Refused where a member of role `by` may not invite somebody as `role`."""
    if role not in grantable_roles(by):
        raise Refused("role_not_yours_to_give", field="role", role=role.value)


def check_may_change(by: Role, *, present: Role, wanted: Role, is_self: bool, other_owners: int) -> None:
    """Raise Refused where a member of role `by` may not make a member of role `present` one of role `wanted`.

    `other_owners` counts the owners beside the member in question.
    """
    if is_self and by is not Role.OWNER:
        raise Refused("own_role", field="role")
    if present is Role.OWNER and by is not Role.OWNER:
        raise Refused("owner_changed_by_owner", field="role")
    check_may_grant(by, wanted)
    if present is Role.OWNER and wanted is not Role.OWNER and other_owners == 0:
        raise Refused("last_owner", field="role")


def check_may_remove(by: Role, *, present: Role, other_owners: int) -> None:
    """Raise Refused where a member of role `by` may not remove a member of role `present`."""
    if Right.MANAGE_MEMBERS not in RIGHTS[by]:
        raise Refused("role_not_yours_to_give", role=present.value)
    if present is Role.OWNER and by is not Role.OWNER:
        raise Refused("owner_changed_by_owner")
    if present is Role.OWNER and other_owners == 0:
        raise Refused("last_owner")
