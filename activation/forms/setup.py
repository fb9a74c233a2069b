"""Set-up: the organization, who runs its control plane, and its first owner."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from activation.domain.control_plane import ControlPlane
from activation.domain.errors import Refused
from activation.forms import refusal

# Control characters, those that turn the direction of writing around, and those of no width, by which two names
# look like one: a name stands in other people's sentences. Joiners (U+200C, U+200D) stay: some scripts need them.
PLAIN = RegexValidator(
    r"\A[^\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]*\Z",
    "This contains hidden characters.",
)
# A name of joiners and blanks alone would be seen by nobody.
VISIBLE = RegexValidator(r"[^\s\u200c\u200d\u2800\u3164]", "This contains no visible characters.")
# Django's hashers take longer passwords; nobody types them.
LONGEST_PASSWORD = 128

CONTRACT = (("yes", "Yes"), ("no", "No, we are the vendor"))
CONSOLE = (
    ("arns", "Seven ARNs: two roles and five policies"),
    ("roles", "A cross-account role, an EKS role and a storage role"),
    ("unknown", "I have not seen that page yet"),
)


class PersonFields(forms.Form):
    """A new account's name and password."""

    name = forms.CharField(
        label="Your name",
        max_length=120,
        validators=[PLAIN, VISIBLE],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label="Password",
        max_length=LONGEST_PASSWORD,
        strip=False,
        help_text="At least 12 characters. A few words in a row work well.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class SetupForm(PersonFields):
    """Everything that set-up asks; a person who is signed in is not asked who they are."""

    organization = forms.CharField(
        label="Organization",
        max_length=120,
        validators=[PLAIN, VISIBLE],
        help_text="The company, or the part of it, whose license is activated here.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    contract = forms.ChoiceField(
        label="Do you have a Zilliz Cloud BYOC contract?", choices=CONTRACT, widget=forms.RadioSelect
    )
    console = forms.ChoiceField(
        label="What does the Zilliz Cloud console ask you for?",
        choices=CONSOLE,
        widget=forms.RadioSelect,
        required=False,
    )
    email = forms.EmailField(
        label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )

    field_order = ("organization", "contract", "console", "name", "email", "password")

    def __init__(self, *args: Any, signed_in: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if signed_in:
            for name in ("name", "email", "password"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Say where the portal does not fit the person's console."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("contract") == "yes":
            if cleaned.get("console") == "roles":
                refusal.show(self, Refused("setup_console_differs", field="console"))
            elif not cleaned.get("console"):
                refusal.show(self, Refused("setup_console_unanswered", field="console"))
        return cleaned

    @property
    def control_plane(self) -> ControlPlane:
        """Return the answer in the product's words."""
        return ControlPlane.ZILLIZ if self.cleaned_data["contract"] == "yes" else ControlPlane.SELF
