"""The hand-over: what was ticked off, the key of a watch, and an owner's confirmation."""

from typing import Any

from django import forms

from activation.domain.errors import Refused
from activation.domain.handover_sheet import NAMES
from activation.forms import refusal
from activation.forms.credentials import KeyFields


class TickForm(forms.Form):
    """Which of the nine values were entered in the console, and which box was changed where one was."""

    changed = forms.ChoiceField(choices=[(name, name) for name in NAMES], required=False)
    ticked = forms.MultipleChoiceField(choices=[(name, name) for name in NAMES], required=False)


class WatchKeyForm(KeyFields):
    """A key that may read."""


class ConfirmForm(forms.Form):
    """An owner's word that the console's License page shows the region; a second box where the portal saw only part."""

    seen = forms.BooleanField(required=False)
    unseen = forms.BooleanField(
        label="I confirm it although this portal has not seen the complete region", required=False
    )

    def __init__(self, *args: Any, region: str, is_complete: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].label = f"I have seen {region} on the console's License page, and its details are correct"
        if is_complete:
            del self.fields["unseen"]

    def clean(self) -> dict[str, Any]:
        """Refuse a box that is not ticked, with a sentence beside it."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("seen"):
            refusal.show(self, Refused("confirm_missing", field="seen"))
        if "unseen" in self.fields and not cleaned.get("unseen"):
            refusal.show(self, Refused("confirm_unseen", field="unseen"))
        return cleaned
