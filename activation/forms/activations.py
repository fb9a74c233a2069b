"""What a new activation is for."""

from collections.abc import Iterable
from typing import Any

from django import forms

from activation.models import CloudAccount
from activation.selectors.activations import place_of


class ActivationForm(forms.Form):
    """The region to activate, and the AWS account it is in."""

    region = forms.ChoiceField(
        label="Cloud region",
        widget=forms.RadioSelect,
        help_text="Where your clusters will run. It cannot be changed later. Another region needs another activation.",
        error_messages={"invalid_choice": "This region is not enabled here. Choose one from the list."},
    )
    account = forms.ChoiceField(
        label="AWS account",
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": "This account is not authorized here. Choose one from the list."},
    )

    def __init__(self, *args: Any, regions: Iterable[str], accounts: Iterable[CloudAccount], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = {str(account.pk): account for account in accounts}
        region, account = self.fields["region"], self.fields["account"]
        assert isinstance(region, forms.ChoiceField)
        assert isinstance(account, forms.ChoiceField)
        region.choices = [(code, place_of(code)) for code in regions]
        region.initial = region.choices[0][0] if len(region.choices) == 1 else None
        standing = [(pk, f"{each.account_id}: step 2 is already done there") for pk, each in self.accounts.items()]
        account.choices = [("", "A new one: step 2 creates the roles and policies in it"), *standing]

    def clean_account(self) -> CloudAccount | None:
        """Return the account that is authorized already; nothing for a new one."""
        return self.accounts.get(self.cleaned_data["account"])


class PrerequisitesForm(forms.Form):
    """What was ticked off."""

    ticked = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, names: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["ticked"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(name, name) for name in names]
