"""Fields for the variables that a package declares beside those that the portal and the key answer."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms

from activation.domain.errors import Refused
from activation.domain.package_inputs import Inputs, Variable

PREFIX = "input_"
KINDS = {"string": "text in quotation marks", "number": "a number", "bool": "true or false"}
LONGEST = 4096


def field_for(variable: Variable, initial: Any) -> forms.Field:
    """Return the field of a variable of a plain type, filled with what an earlier run had."""
    default = "" if variable.default in {None, ""} else f" If empty, the default is used: {variable.default}."
    more = {
        "label": variable.name,
        # Demanded in the form's clean(): a file may give it instead.
        "required": False,
        "initial": initial,
        "help_text": f"{variable.description or 'The package does not say what it is for.'}{default}",
    }
    if variable.type == "number":
        return forms.DecimalField(max_digits=30, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **more)
    if variable.type == "bool":
        return forms.TypedChoiceField(
            choices=[("", "—"), ("true", "true"), ("false", "false")],
            coerce=lambda text: text == "true",
            empty_value=None,
            **more | {"initial": {True: "true", False: "false"}.get(initial, "")},
        )
    return forms.CharField(max_length=LONGEST, **more)


def as_json(value: Any) -> Any:
    """Return a field's value as JSON has it; None where nothing was entered."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return None if value == "" else value


def entered(inputs: Inputs, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the fields hold, by the variables' names; what was left empty is left out."""
    found = {each.name: as_json(cleaned.get(PREFIX + each.name)) for each in inputs.fields}
    return {name: value for name, value in found.items() if value is not None}


def of_another_kind(inputs: Inputs, values: Mapping[str, Any]) -> list[Refused]:
    """Return what is wrong with values of plain types that a file gives."""
    # Exactly these: Python counts true among the numbers.
    kinds: dict[str, tuple[type, ...]] = {"string": (str,), "number": (int, float), "bool": (bool,)}
    return [
        Refused("input_kind", name=each.name, kind=KINDS[each.type])
        for each in inputs.fields
        if each.name in values and type(values[each.name]) not in kinds[each.type]
    ]


def missing(inputs: Inputs, values: Mapping[str, Any]) -> list[Refused]:
    """Return what the package cannot do without and nobody gave, each at its field."""
    found = [
        Refused("input_missing", field=PREFIX + each.name, name=each.name)
        for each in inputs.fields
        if each.required and each.name not in values
    ]
    found += [
        Refused("input_missing_in_file", field="tfvars", name=each.name, type=each.type)
        for each in inputs.from_file
        if each.required and each.name not in values
    ]
    if inputs.unfillable:
        found.append(Refused("inputs_unfillable", names=", ".join(inputs.unfillable)))
    return found
