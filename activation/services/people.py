"""Make the accounts of people who come in by a link or by a command."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from activation.domain.errors import Refused
from activation.models import User
from activation.selectors.people import find_user


def create_person(*, email: str, name: str, password: str) -> User:
    """Create an account; raise Refused for an address in use or a password that is too weak."""
    if find_user(email) is not None:
        raise Refused("address_taken", field="email")
    check_password_strength(password, email=email, name=name)
    return User.objects.create_user(email, password, name=name)


def check_password_strength(password: str, *, email: str, name: str) -> None:
    """Raise Refused with the validators' own sentences."""
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise Refused("password_weak", field="password", reason=" ".join(error.messages)) from error
