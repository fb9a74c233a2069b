"""Logs as one JSON object a line, with the request and the run they belong to."""

import json as jsonlib
import logging
import logging.config
import re
from datetime import UTC, datetime
from typing import Any

from activation.domain.trace import request_id, run_id
from byoc_portal import env

# What follows lets its reader in: who reads logs must not come in by them.
ONE_TIME_LINK = re.compile(r"(/(?:setup|join|password/reset/key)/)[^/\s\"']+")
# A line longer than this is somebody's 10,000 characters of address.
LONGEST_MESSAGE = 2_000
# Asked for here and not in the settings, which the web server's main process never loads.
IS_JSON = env.flag("LOG_JSON", default=not env.flag("DEBUG"))
TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def plain(text: str) -> str:
    """Return a log text without the tokens of one-time links."""
    return ONE_TIME_LINK.sub(r"\1[masked]", text)


def shown(text: str, record: logging.LogRecord) -> str:
    """Return a record's text as it may be read: with links only where it was written as `extra={"links": True}`."""
    return text if getattr(record, "links", False) else plain(text)


class TextFormatter(logging.Formatter):
    """Format a record for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines."""
        return shown(super().format(record), record)


class JsonFormatter(logging.Formatter):
    """Format a record as one line of JSON; the time is UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": shown(record.getMessage(), record)[:LONGEST_MESSAGE],
        }
        if identity := request_id.get() or getattr(getattr(record, "request", None), "identity", ""):
            entry["request_id"] = identity
        if identity := run_id.get():
            entry["run_id"] = identity
        if record.exc_info:
            entry["exception"] = plain(self.formatException(record.exc_info))
        return jsonlib.dumps(entry, ensure_ascii=False)


def chosen_formatter() -> logging.Formatter:
    """Return the formatter that the environment chose, also for the web server, which has no settings."""
    return JsonFormatter() if IS_JSON else TextFormatter(TEXT)


def configure(settings: dict[str, Any]) -> None:
    """Configure logs, and have Python's warnings in them; Django's `LOGGING_CONFIG`."""
    logging.config.dictConfig(settings)
    logging.captureWarnings(True)


def configuration(*, level: str) -> dict[str, Any]:
    """Return the dictionary that `logging.config` takes."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": {"()": "byoc_portal.logging.chosen_formatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "chosen"}},
        "root": {"handlers": ["stderr"], "level": level},
    }
