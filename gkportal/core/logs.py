"""Log lines: one JSON object per event, no line breaks from users, no ID numbers (security.md §3)."""

from __future__ import annotations

import json
import logging
import sys

from gkportal.core import clock
from gkportal.core.text import mask_in_text


class JsonFormatter(logging.Formatter):
    """`{"at": …, "level": …, "logger": …, "message": …}` with ID numbers masked."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line = {
            "at": clock.now().isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": mask_in_text(record.getMessage()),
        }
        if record.exc_info:
            line["trace"] = mask_in_text(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def configure(level: str = "INFO") -> None:
    """Send every log record to stderr as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
