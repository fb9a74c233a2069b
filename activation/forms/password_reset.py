"""Asking for a link by which a forgotten password is replaced."""

from typing import Any

from allauth.account import forms
from django.http import HttpRequest

from activation.services import password_reset


class ResetPasswordForm(forms.ResetPasswordForm):
    """Takes the address of an account."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Have the link sent where there is such an account; return the address."""
        email = str(self.cleaned_data["email"])
        password_reset.ask(email)
        return email
