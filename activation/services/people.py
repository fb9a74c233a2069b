"""Make the accounts of people who come in by a link or by a command."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from activation.domain.errors import Refused
from activation.domain.events import Kind
from activation.models import User
from activation.selectors.people import find_user
from activation.services import events


def create_person(*, email: str, name: str, password: str) -> User:
    """Create an account; raise Refused for an address in use or a password that is too weak."""
    if find_user(email) is not None:
        raise Refused("address_taken", field="email")
    check_password_strength(password, email=email, name=name)
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, name=name)
    except IntegrityError as error:
        # Somebody was faster: a second click, or a second link to the same address.
        raise Refused("address_taken", field="email") from error


def check_password_strength(password: str, *, email: str, name: str) -> None:
    """Raise Refused with the validators' own sentences."""
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise Refused("password_weak", field="password", reason=" ".join(error.messages)) from error


@transaction.atomic
def make_installation_administrator(*, email: str, name: str, password: str) -> bool:
    """Give a person the server's pages; return whether an account was made for it.

    An account that exists keeps its password. Raise Refused where a new one's password is too weak.
    """
    user = find_user(email)
    is_new = user is None
    if user is None:
        user = create_person(email=email, name=name, password=password)
    User.objects.filter(pk=user.pk).update(is_installation_administrator=True)
    events.record(
        Kind.INSTALLATION_ADMINISTRATOR_ADDED,
        actor=events.PORTAL,
        organization=None,
        object_type="account",
        object_id=str(user.pk),
        after={"email": user.email},
    )
    return is_new
