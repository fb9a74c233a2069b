"""The queue: kinds of work, each with a queue of its own."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "byoc_portal.settings")

app = Celery("byoc_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["activation"])
