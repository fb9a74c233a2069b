"""An organization's settings."""

from django import forms

from activation.forms.setup import PLAIN, VISIBLE


class SettingsForm(forms.Form):
    """What an owner or admin may change."""

    name = forms.CharField(label="Organization name", max_length=120, validators=[PLAIN, VISIBLE])
    four_eyes = forms.BooleanField(
        label="A second owner approves",
        required=False,
        help_text="A run is applied only after an owner other than the person who started it has approved.",
    )
