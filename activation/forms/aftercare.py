"""The ID of a key that is to be off by now; its secret is not asked for."""

from django import forms


class KeyIdForm(forms.Form):
    """One access key ID."""

    access_key_id = forms.CharField(
        label="Access key ID",
        max_length=128,
        help_text="The ID only, as the IAM console lists it: AKIA and 16 more characters. Not the secret.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )
