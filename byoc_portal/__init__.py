"""Wiring: environment, settings, logging, addresses, queue."""

from byoc_portal.celery import app as celery_app

__all__ = ["celery_app"]
