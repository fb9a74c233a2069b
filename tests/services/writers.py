"""A hundred writers of one chain at once, on whatever database the environment names; run as a program.

Prints one object: what `verify_events` makes of the chain, and how many events were written.
"""

import contextlib
import json
import os
import sys
import threading
from pathlib import Path

WRITERS = 100
EACH = 3


class Undone(Exception):
    """Ends a transaction that must leave no trace."""


def main() -> None:
    """Write, then verify."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "byoc_portal.settings"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection, transaction

    from activation.domain.events import Kind
    from activation.models import Event
    from activation.selectors import chains
    from activation.services import checkpoints, events, signing
    from tests.factories import make_organization

    call_command("migrate", verbosity=0)
    organization = make_organization("Crowd")
    together = threading.Barrier(WRITERS)
    failures: list[str] = []

    def write(number: int) -> None:
        try:
            together.wait(60)
            for turn in range(EACH):
                actor = events.Actor(id=str(number), name=f"Writer {number}")
                with contextlib.suppress(Undone), transaction.atomic():
                    events.record(Kind.SIGNED_IN, actor=actor, organization=organization)
                    if number % 10 == 0:
                        checkpoints.add(organization)
                    if (number + turn) % 7 == 0:
                        raise Undone
                if number % 5 == 0:
                    events.record(Kind.SIGN_IN_FAILED, actor=actor, organization=None)
        except Exception as error:
            failures.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = sum((number + turn) % 7 != 0 for number in range(WRITERS) for turn in range(EACH))
    reports = [
        chains.verify(each, public_keys=signing.public_keys(), outside=Path(settings.CHECKPOINT_FILE)).to_json()
        for each in (organization, None)
    ]
    json.dump(
        {
            "failures": failures,
            "vendor": connection.vendor,
            "expected": [kept, WRITERS // 5 * EACH],
            "stored": [Event.objects.filter(organization=each).count() for each in (organization, None)],
            "reports": reports,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
