"""Who comes in, and as what."""

from collections.abc import Iterable
from typing import Any

from django import forms

from activation.domain.roles import ROLE_LABELS, Role
from activation.forms.setup import PersonFields


class RoleField(forms.TypedChoiceField):
    """One of the roles that a member may give."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=Role, widget=forms.RadioSelect, **kwargs)

    def offer(self, roles: Iterable[Role]) -> None:
        """Offer these roles and no others."""
        self.choices = [(role.value, ROLE_LABELS[role]) for role in roles]


class RoleForm(forms.Form):
    """A member's role."""

    role = RoleField(label="Role")

    def __init__(self, *args: Any, roles: Iterable[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, RoleField)
        field.offer(roles)


class InvitationForm(RoleForm):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    field_order = ("email", "role")


class JoinForm(PersonFields):
    """The account that an invitation makes; its address is the invitation's."""
