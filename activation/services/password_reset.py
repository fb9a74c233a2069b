"""The mail with the link by which a forgotten password is replaced."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from activation import dispatch
from activation.models import User
from activation.selectors.people import find_user
from activation.services import mail


def ask(email: str) -> None:
    """Have a link mailed to whoever has this address.

    A worker waits for the mail server, and gets a message where there is no account as well: what the page answers,
    and when, tells nobody who has one.
    """
    user = find_user(email)
    dispatch.send_password_reset(str(user.pk) if user else "nobody")


def send(user_id: str) -> None:
    """Mail the link to a person who may sign in; to nobody where there is none."""
    if not user_id.isdecimal():
        return
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    # Under the portal's own address: a caller chooses the Host of a request.
    link = f"{settings.PORTAL_URL}{reverse('account_reset_password_from_key', kwargs=key)}"
    mail.send(
        "BYOC Portal: Choose a new password",
        "Somebody, perhaps you, requested a password reset for your BYOC Portal account.\n\n"
        f"Choose a new password here:\n\n{link}\n\n"
        "If it was not you, you can ignore this message. Your password has not changed.\n\n"
        "BYOC Portal\n",
        user.email,
    )
