"""Logs as one JSON object a line, with the request and the run they belong to."""

import json as jsonlib
import logging
from datetime import UTC, datetime
from typing import Any

from activation.domain.trace import request_id, run_id


class JsonFormatter(logging.Formatter):
    """Format a record as one line of JSON; the time is UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if identity := request_id.get():
            entry["request_id"] = identity
        if identity := run_id.get():
            entry["run_id"] = identity
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return jsonlib.dumps(entry, ensure_ascii=False)


def configuration(*, json: bool, level: str) -> dict[str, Any]:
    """Return the dictionary that `logging.config` takes."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "byoc_portal.logging.JsonFormatter"},
            "text": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json" if json else "text"}},
        "root": {"handlers": ["stderr"], "level": level},
    }
