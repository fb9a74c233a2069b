"""Whether mail leaves this server, and one letter to one person."""

import logging
import socket
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail

log = logging.getLogger(__name__)

LOG = "byoc_portal.mail.LogBackend"
# The server is asked while a page waits, seconds.
PATIENCE_SECONDS = 2


def leaves() -> bool:
    """Return whether mail is sent to people, and not only written down here."""
    return bool(settings.MAILERS["default"]["BACKEND"] != LOG)


def server() -> tuple[str, int] | None:
    """Return host and port of the mail server; None where none is named."""
    options = settings.MAILERS["default"].get("OPTIONS", {})
    return (options["host"], options["port"]) if options.get("host") else None


def problem() -> str:
    """Return why the mail server cannot be reached; empty where it can."""
    address = server()
    if address is None:
        return ""
    try:
        socket.create_connection(address, PATIENCE_SECONDS).close()
    except OSError as error:
        return str(error)
    return ""


def send(subject: str, body: str, to: str) -> bool:
    """Send a letter; return whether a mail server took it. Where it did not, that is logged."""
    try:
        send_mail(subject, body, None, [to])
    except (SMTPException, OSError) as error:
        log.warning("The mail server did not take “%s”: %s", subject, error)
        return False
    return leaves()
