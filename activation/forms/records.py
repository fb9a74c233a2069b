"""What a record is asked for: one activation, or some days."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator

from activation.models import Activation
from activation.selectors.activations import place_of


class DayInput(forms.DateInput):
    """A day, as the browser asks for it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


# The end of a period is the day after its last; the calendar of databases ends as well.
within_calendar = MaxValueValidator(date(9998, 12, 31), "Choose a day before the year 9999.")


class ActivationRecordForm(forms.Form):
    """The activation whose record is wanted."""

    activation = forms.ChoiceField(
        label="Activation",
        help_text="Everything from its first to its latest event.",
        error_messages={"invalid_choice": "There is no such activation here. Choose one from the list."},
    )

    def __init__(self, *args: Any, activations: Iterable[Activation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.activations = {each.pk: each for each in activations}
        field = self.fields["activation"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each.pk, words_for(each)) for each in self.activations.values()]

    def clean_activation(self) -> Activation:
        """Return the activation itself."""
        return self.activations[self.cleaned_data["activation"]]


class PeriodRecordForm(forms.Form):
    """The days of which a record is wanted."""

    first_day = forms.DateField(label="First day", widget=DayInput(), validators=[within_calendar])
    last_day = forms.DateField(
        label="Last day",
        widget=DayInput(),
        validators=[within_calendar],
        help_text="Both days are included, as full days in UTC.",
    )


def words_for(activation: Activation) -> str:
    """Return an activation as a line of a list."""
    account = f", account {activation.cloud_account.account_id}" if activation.cloud_account else ""
    return f"{place_of(activation.region)}{account}, started {activation.created_at:%b %-d, %Y} ({activation.pk})"
