"""The queue: kinds of work, each with a queue of its own."""

import os

from celery import Celery
from celery.signals import celeryd_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "byoc_portal.settings")

app = Celery("byoc_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["activation"])


@celeryd_init.connect
def speak_by_the_log_alone(**_: object) -> None:
    """Close a worker's standard output: Celery prints its "Warm shutdown" there, past all logging."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
