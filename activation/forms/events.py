"""What to look for among events."""

from typing import Any

from django import forms

from activation.domain.events import LABELS, Kind, Outcome
from activation.selectors.events import Wanted

# What kinds begin with, in the order of the list; a beginning that is missing here is shown as it is.
GROUPS = {
    "session": "Signing in and out",
    "account": "Passwords and second factors",
    "access": "Refused access",
    "member": "Members",
    "organization": "Organization",
    "external_id": "External ID",
    "activation": "Activations",
    "credential": "AWS keys",
    "cloud_account": "Cloud accounts",
    "run": "Runs",
    "package": "Package downloads",
    "record": "Records",
    "installation": "Installation",
}
OUTCOMES = {Outcome.DONE: "Done", Outcome.REFUSED: "Refused", Outcome.FAILED: "Failed"}


def capitalized(text: str) -> str:
    """Return the text with a capital at its beginning, and nothing else changed."""
    return text[:1].upper() + text[1:]


def kind_choices() -> list[tuple[str, Any]]:
    """Return all kinds, by what they begin with; each group of several can be chosen as a whole."""
    groups: dict[str, list[Kind]] = {name: [] for name in GROUPS}
    for kind in Kind:
        groups.setdefault(kind.value.split(".")[0], []).append(kind)
    choices: list[tuple[str, Any]] = [("", "Everything")]
    for name, kinds in groups.items():
        label = GROUPS.get(name, capitalized(name.replace("_", " ")))
        entries = [(kind.value, LABELS[kind]) for kind in kinds]
        if len(entries) > 1:
            entries.insert(0, (f"{name}.", f"{label}: all"))
        if entries:
            choices.append((label, entries))
    return choices


class EventFilter(forms.Form):
    """The filters above the list; what is wrong is said and does not filter."""

    person = forms.CharField(label="Person", required=False, max_length=200)
    kind = forms.ChoiceField(label="What happened", required=False)
    about = forms.CharField(label="Activation, run or object", required=False, max_length=80)
    outcome = forms.ChoiceField(
        label="Outcome",
        required=False,
        choices=[("", "Any"), *((outcome.value, label) for outcome, label in OUTCOMES.items())],
    )
    since = forms.DateField(label="From (UTC)", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To (UTC)", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = kind_choices()

    @property
    def wanted(self) -> Wanted:
        """Return what is looked for."""
        self.is_valid()
        return Wanted(**{name: value for name, value in self.cleaned_data.items() if value})

    @property
    def kept(self) -> dict[str, str]:
        """Return what other pages' addresses must hold."""
        wanted = self.wanted
        return {name: str(value) for name in self.fields if (value := getattr(wanted, name))}
