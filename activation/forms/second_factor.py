"""The codes of a second factor, asked for at a sign-in and where somebody confirms who they are.

allauth signals a wrong code and not one over the limit, so both are recorded here.
"""

from typing import Any

from allauth.core import context
from allauth.mfa.base import forms
from django.core.exceptions import ValidationError

from activation.http import address
from activation.services import sign_in


class RecordsRefusals:
    """A code that is not accepted leaves an event."""

    user: Any

    def clean_code(self) -> str:
        """Return the code; raise ValidationError where it is wrong, or where there were too many."""
        try:
            return str(super().clean_code())  # type: ignore[misc]
        except ValidationError as error:
            wrong = error.code == "incorrect_code"
            sign_in.record_failed_sign_in(
                email=self.user.email,
                address=address(context.request),
                reason=sign_in.WRONG_CODE if wrong else sign_in.THROTTLED,
            )
            raise


class AuthenticateForm(RecordsRefusals, forms.AuthenticateForm):
    """Takes a code at a sign-in."""


class ReauthenticateForm(RecordsRefusals, forms.ReauthenticateForm):
    """Takes a code where somebody who is signed in confirms who they are."""
