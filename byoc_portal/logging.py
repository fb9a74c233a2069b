"""Logs as one JSON object a line, with the request and the run they belong to."""

import json as jsonlib
import logging
import re
from datetime import UTC, datetime
from typing import Any

from activation.domain.trace import request_id, run_id

# What follows lets its reader in: who reads logs must not come in by them.
ONE_TIME_LINK = re.compile(r"(/(?:setup|join|password/reset/key)/)[^/\s\"']+")
# A line longer than this is somebody's 10,000 characters of address.
LONGEST_MESSAGE = 2_000


def plain(text: str) -> str:
    """Return a log text without the tokens of one-time links."""
    return ONE_TIME_LINK.sub(r"\1[masked]", text)


class TextFormatter(logging.Formatter):
    """Format a record for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines."""
        return plain(super().format(record))


class JsonFormatter(logging.Formatter):
    """Format a record as one line of JSON; the time is UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": plain(record.getMessage())[:LONGEST_MESSAGE],
        }
        if identity := request_id.get() or getattr(getattr(record, "request", None), "identity", ""):
            entry["request_id"] = identity
        if identity := run_id.get():
            entry["run_id"] = identity
        if record.exc_info:
            entry["exception"] = plain(self.formatException(record.exc_info))
        return jsonlib.dumps(entry, ensure_ascii=False)


def configuration(*, json: bool, level: str) -> dict[str, Any]:
    """Return the dictionary that `logging.config` takes."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "byoc_portal.logging.JsonFormatter"},
            "text": {
                "()": "byoc_portal.logging.TextFormatter",
                "format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s",
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json" if json else "text"}},
        "root": {"handlers": ["stderr"], "level": level},
    }
