"""Refusals of a service, shown beside the field they are about."""

from django import forms

from activation.domain.errors import Problem


def show(form: forms.BaseForm, error: Problem) -> None:
    """Add the refusal to its field; to the whole form where it names none that the form has."""
    form.add_error(error.field if error.field in form.fields else None, str(error))
