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


LEAST_OWNERS_OF_FOUR_EYES = 2


def check_four_eyes(by: Role, *, wanted: bool, owners: int) -> None:
    """Raise Refused where a member of role `by` may not switch four eyes on, or ask for them to be switched off."""
    if wanted and owners < LEAST_OWNERS_OF_FOUR_EYES:
        raise Refused("four_eyes_need_two_owners", field="four_eyes")
    if not wanted and by is not Role.OWNER:
        raise Refused("four_eyes_by_owners", field="four_eyes")


def check_owners_left(*, four_eyes: bool, present: Role, wanted: Role | None, other_owners: int) -> None:
    """Raise Refused where somebody ceases to be an owner and four eyes would have too few left."""
    ceases = present is Role.OWNER and wanted is not Role.OWNER
    if four_eyes and ceases and other_owners < LEAST_OWNERS_OF_FOUR_EYES:
        raise Refused("four_eyes_need_two_owners", field="role")


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
