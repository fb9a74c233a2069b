"""The workers of one host, where database, broker and web server are others' business."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from activation.management import environment, parts
from activation.management.data_directory import DataDirectory, Unusable
from activation.management.processes import Programs
from activation.management.signals import Signals
from activation.management.stopping import Shutdown


class Command(BaseCommand):
    """Run the host's two workers; when asked to end, let Terraform stop and save its state first."""

    help = "Runs this host's workers until it is asked to end; Terraform then stops and saves its state first."

    def handle(self, *args: Any, **options: Any) -> None:
        """Start them, stay, end."""
        os.umask(0o077)
        signals = Signals()
        signals.listen()
        data = DataDirectory(settings.DATA_DIR, work=settings.WORK_DIR)
        try:
            data.take(self.stdout.write)
        except Unusable as error:
            raise CommandError(str(error)) from error
        # It stays with the directory, not with a container: runs go on where their directory is.
        node = settings.NODE_NAME or data.node()
        given = {**environment.given_settings(settings.ENVIRONMENT_NAMES), "NODE_NAME": node}
        programs = Programs(
            environment=environment.plain(given), logs=None, lock=data.processes_lock, echo=False, say=self.stdout.write
        )
        for program in (parts.runs(node), parts.control(node), parts.audit(node)):
            programs.start(program)
        while not signals.first:
            signals.rest(0.5)
            programs.look_after()
        Shutdown(
            data=data,
            programs=programs,
            broker=settings.BROKER_URL,
            node=node,
            say=self.stdout.write,
            impatience=lambda: signals.again,
        ).run()
