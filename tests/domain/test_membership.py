"""Who may change whose place."""

import pytest

from activation.domain import membership
from activation.domain.errors import Refused
from activation.domain.roles import Role


@pytest.mark.parametrize("by", [Role.OPERATOR, Role.AUDITOR])
def test_operators_and_auditors_give_no_role(by: Role) -> None:
    assert membership.grantable_roles(by) == ()


def test_only_an_owner_makes_owners() -> None:
    assert Role.OWNER in membership.grantable_roles(Role.OWNER)
    with pytest.raises(Refused, match="cannot make somebody owner"):
        membership.check_may_grant(Role.ADMIN, Role.OWNER)


@pytest.mark.parametrize("wanted", list(Role))
def test_an_admin_does_not_change_their_own_role(wanted: Role) -> None:
    with pytest.raises(Refused) as refused:
        membership.check_may_change(Role.ADMIN, present=Role.ADMIN, wanted=wanted, is_self=True, other_owners=2)
    assert refused.value.code == "own_role"


def test_an_admin_changes_and_removes_no_owner() -> None:
    with pytest.raises(Refused) as changed:
        membership.check_may_change(Role.ADMIN, present=Role.OWNER, wanted=Role.AUDITOR, is_self=False, other_owners=2)
    with pytest.raises(Refused) as removed:
        membership.check_may_remove(Role.ADMIN, present=Role.OWNER, other_owners=2)
    assert changed.value.code == removed.value.code == "owner_changed_by_owner"


def test_the_last_owner_stays() -> None:
    with pytest.raises(Refused) as changed:
        membership.check_may_change(Role.OWNER, present=Role.OWNER, wanted=Role.ADMIN, is_self=True, other_owners=0)
    with pytest.raises(Refused) as removed:
        membership.check_may_remove(Role.OWNER, present=Role.OWNER, other_owners=0)
    assert changed.value.code == removed.value.code == "last_owner"


def test_an_owner_steps_down_where_another_stays() -> None:
    membership.check_may_change(Role.OWNER, present=Role.OWNER, wanted=Role.ADMIN, is_self=True, other_owners=1)
    membership.check_may_remove(Role.OWNER, present=Role.OWNER, other_owners=1)
