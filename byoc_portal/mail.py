"""What happens to mail where no mail server is named."""

import logging
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from byoc_portal.logging import plain

log = logging.getLogger(__name__)


class LogBackend(BaseEmailBackend):
    """Write mail into the log, without the one-time links in it: who reads logs must not come in by them.

    With `links` they stand there, for made-up people.
    """

    def __init__(self, *, links: bool = False, **rest: Any) -> None:
        super().__init__(**rest)
        self.links = links

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the letters down; return how many."""
        for letter in email_messages:
            to = ", ".join(letter.to)
            body = str(letter.body) if self.links else plain(str(letter.body))
            log.warning(
                "No mail server (EMAIL_URL): not sent to %s: %s\n%s",
                to,
                letter.subject,
                body,
                extra={"links": self.links},
            )
        return len(email_messages)
