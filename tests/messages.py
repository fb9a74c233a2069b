"""The worker of tests that look at what a page has a worker do: it takes what is in the queue, and does it."""

from queue import Empty

from celery import current_app

from activation import tasks  # noqa: F401 (the names of the tasks)
from activation.dispatch import START_QUEUE


def work_off() -> list[str]:
    """Do what waits in the queue; return the names of the tasks."""
    done = []
    with current_app.connection_for_read() as connection, connection.SimpleQueue(START_QUEUE) as waiting:
        while True:
            try:
                message = waiting.get_nowait()
            except Empty:
                return done
            message.ack()
            name = message.headers["task"]
            current_app.tasks[name](*message.payload[0])
            done.append(name)
