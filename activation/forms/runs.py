"""What people type to approve a plan or to stop a run by force."""

from typing import Any

from django import forms

from activation.forms.credentials import KeyFields


class ApprovalForm(KeyFields):
    """The word yes; and the key once more where little of its time is left."""

    confirmation = forms.CharField(
        label="Type “yes” to approve exactly this plan",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, ask_key: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_key = ask_key
        if not ask_key:
            for name in KeyFields.base_fields:
                self.fields.pop(name, None)

    def clean(self) -> dict[str, Any]:
        """Check the key where one is asked for; what was typed is for the service to judge."""
        return super().clean() if self.ask_key else self.cleaned_data


class ForceForm(forms.Form):
    """The words that say that the person knows what may be lost."""

    confirmation = forms.CharField(
        label="Type “stop by force”",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
