"""An organization's settings."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from activation.forms.setup import PLAIN, VISIBLE

MOST_ADDRESSES = 20
LONGEST_ADDRESS = 254


class SettingsForm(forms.Form):
    """What an owner or admin may change."""

    name = forms.CharField(label="Organization name", max_length=120, validators=[PLAIN, VISIBLE])
    four_eyes = forms.BooleanField(
        label="A second owner approves",
        required=False,
        help_text="A run is applied only after an owner other than the person who started it has approved it.",
    )
    requires_second_factor = forms.BooleanField(
        label="Owners, admins and auditors need a second factor",
        required=False,
        help_text="Anyone without one must set it up before they can see the organization.",
    )
    notification_addresses = forms.CharField(
        label="Notification addresses",
        required=False,
        max_length=MOST_ADDRESSES * (LONGEST_ADDRESS + 2),
        help_text="One on each line. These addresses get a mail when a cloud region is active, has failed, or takes "
        "longer than usual. Owners always get it. No mail contains a secret.",
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_notification_addresses(self) -> list[str]:
        """Return the addresses, each once, in the order in which they were typed."""
        typed = self.cleaned_data["notification_addresses"].replace(",", "\n").replace(";", "\n").splitlines()
        found = {address.lower(): address for line in typed if (address := line.strip())}
        if len(found) > MOST_ADDRESSES:
            raise ValidationError(f"These are {len(found)} addresses. At most {MOST_ADDRESSES} are allowed.")
        for address in found.values():
            if len(address) > LONGEST_ADDRESS:
                raise ValidationError(f"“{address[:40]}…” is longer than an e-mail address can be.")
            try:
                validate_email(address)
            except ValidationError:
                raise ValidationError(f"“{address}” is not an e-mail address.") from None
        return list(found.values())
