"""What happens to mail where no mail server is named."""

import logging
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from byoc_portal.logging import plain

log = logging.getLogger(__name__)


class LogBackend(BaseEmailBackend):
    """Write mail into the log, without the one-time links in it: who reads logs must not come in by them."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the letters down; return how many."""
        for letter in email_messages:
            to = ", ".join(letter.to)
            log.warning(
                "No mail server (EMAIL_URL): not sent to %s: %s\n%s", to, letter.subject, plain(str(letter.body))
            )
        return len(email_messages)
