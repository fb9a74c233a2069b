"""AWS keys as a person enters them: three fields, or a terraform.tfvars; never shown again."""

from collections.abc import Mapping
from typing import Any

from django import forms

from activation.domain import credentials, tfvars
from activation.domain.characters import shorten
from activation.domain.credentials import AccessKeys
from activation.domain.errors import Refused
from activation.domain.package_inputs import Inputs
from activation.forms import inputs as asked
from activation.forms import refusal

# The names by which the form and a terraform.tfvars know the same thing.
VARIABLES = {
    "access_key_id": "aws_access_key",
    "secret_access_key": "aws_secret_key",
    "session_token": "aws_session_token",
}


class Unechoed(forms.TextInput):
    """A text field that never shows again what was typed into it."""

    def format_value(self, value: Any) -> None:
        """Show nothing."""
        return


class KeyFields(forms.Form):
    """The three parts of a key; `keys` holds them once the form is valid."""

    access_key_id = forms.CharField(
        label="Access key ID",
        required=False,
        strip=False,
        help_text="Starts with ASIA if the key expires by itself, and with AKIA if it does not.",
        widget=Unechoed,
    )
    secret_access_key = forms.CharField(
        label="Secret access key", required=False, strip=False, widget=forms.PasswordInput
    )
    session_token = forms.CharField(
        label="Session token",
        required=False,
        strip=False,
        help_text="Comes with a key that starts with ASIA.",
        widget=forms.PasswordInput,
    )

    keys: AccessKeys | None = None

    def __init__(self, *args: Any, needs_long_term_key: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.needs_long_term_key = needs_long_term_key
        if needs_long_term_key:
            del self.fields["session_token"]
            self.fields[
                "access_key_id"
            ].help_text = "Starts with AKIA. The package does not accept a temporary key (ASIA…)."

    def clean(self) -> dict[str, Any]:
        """Check the shape of the three parts, each with a sentence beside its field."""
        cleaned = super().clean() or self.cleaned_data
        self.check_parts({name: str(cleaned.get(name) or "") for name in VARIABLES})
        return cleaned

    def check_parts(self, parts: dict[str, str]) -> dict[str, Refused]:
        """Keep the keys where they are right; show and return what is wrong.

        A temporary one is refused by its name where the package cannot use it.
        """
        if self.needs_long_term_key and parts["access_key_id"].strip().startswith("ASIA"):
            refusal.show(self, Refused("package_needs_long_term_key", field="access_key_id"))
            return {}
        checked = credentials.check(**parts)
        self.keys = checked.keys if not self.errors else None
        for problem in checked.problems.values():
            refusal.show(self, problem)
        return checked.problems


class RunHereForm(KeyFields):
    """A key, and what the package asks for besides, in fields or in a terraform.tfvars.

    `unknown` are the file's names that nobody asked for, `values` what the package's own variables get.
    """

    tfvars = forms.FileField(
        label="A terraform.tfvars with your key",
        required=False,
        help_text="At most 64 KiB. It is read once and not stored.",
        widget=forms.FileInput(attrs={"accept": ".tfvars,.txt,text/plain"}),
    )
    attempt = forms.RegexField(r"\A[a-z0-9]{16,40}\Z", widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        region: str,
        external_id: str,
        vendor_principal_arn: str,
        inputs: Inputs,
        earlier: Mapping[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, needs_long_term_key=inputs.needs_long_term_key, **kwargs)
        self.expected = {
            "aws_region": region,
            "external_id": external_id,
            "vendor_principal_arn": vendor_principal_arn,
        }
        self.inputs = inputs
        # What needs a file is taken from the run before, unless a file says otherwise.
        self.values = {each.name: earlier[each.name] for each in inputs.from_file if each.name in earlier}
        self.unknown: tuple[str, ...] = ()
        for variable in inputs.fields:
            self.fields[asked.PREFIX + variable.name] = asked.field_for(variable, earlier.get(variable.name))

    @property
    def input_fields(self) -> list[tuple[forms.BoundField, bool]]:
        """Return the fields of the package's own variables, each with whether it may be left empty."""
        return [(self[asked.PREFIX + variable.name], not variable.required) for variable in self.inputs.fields]

    def clean(self) -> dict[str, Any]:
        """Read the file where one was given, else the three fields; see that nothing is missing."""
        uploaded = self.cleaned_data.get("tfvars")
        if uploaded is None:
            super().clean()
        elif any(self.cleaned_data.get(name) for name in VARIABLES):
            refusal.show(self, Refused("keys_twice", field="tfvars"))
            return self.cleaned_data
        else:
            self.read_file(uploaded.read(tfvars.LIMIT + 1))
        self.values = asked.entered(self.inputs, self.cleaned_data) | self.values
        for problem in asked.missing(self.inputs, self.values):
            refusal.show(self, problem)
        return self.cleaned_data

    def read_file(self, content: bytes) -> None:
        """Take key and values from a terraform.tfvars; what it sets counts before what the fields say."""
        found = tfvars.parse(content, of_any_type=[each.name for each in self.inputs.asked])
        self.unknown = found.unknown
        different = self.differences(found.values)
        for problem in (*found.problems, *different, *asked.of_another_kind(self.inputs, found.literals)):
            self.add_error("tfvars", str(problem))
        self.values |= found.literals
        if not self.errors:
            self.check_file(found.values)

    def differences(self, values: dict[str, str]) -> list[Refused]:
        """Return where the file speaks of something else than the activation."""
        codes = {
            "aws_region": "tfvars_region",
            "external_id": "tfvars_external_id",
            "vendor_principal_arn": "tfvars_vendor_principal",
        }
        return [
            Refused(codes[name], found=shorten(values[name]), expected=expected)
            for name, expected in self.expected.items()
            if values.get(name, expected) != expected
        ]

    def check_file(self, values: dict[str, str]) -> None:
        """Check the key that the file holds; what is wrong is said beside the file, by the file's own names."""
        checked = credentials.check(**{name: values.get(variable, "") for name, variable in VARIABLES.items()})
        self.keys = checked.keys
        if checked.keys and checked.keys.session_token and self.needs_long_term_key:
            self.add_error("tfvars", str(Refused("package_needs_long_term_key")))
        for name, problem in checked.problems.items():
            self.add_error("tfvars", f"{VARIABLES[name]}: {problem}")
