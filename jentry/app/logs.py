"""Lines of the log: for people, or one JSON object each; both with the id of their request."""

import json
import logging
from typing import Any

from flask import has_request_context

from jentry import clock
from jentry.app import log_limit
from jentry.app.request_id import request_id

LINE = "[%(asctime)s] %(levelname)s in %(module)s: %(message)s"


def shape(logger: logging.Logger, kind: str) -> None:
    """What the logger's own handlers write is `text` or `json`, and bounded."""
    for handler in logger.handlers:
        handler.setFormatter(JsonLines() if kind == "json" else TextLines(LINE))
    log_limit.limit(logger)


class TextLines(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        found = _request_id()
        return f"{line} request={found}" if found and f"request={found}" not in line else line


class JsonLines(logging.Formatter):
    """`time`, `level`, `logger`, `message`; `request_id` and `exception` where there are some."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": clock.timestamp(clock.now()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if found := _request_id():
            line["request_id"] = found
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _request_id() -> str:
    return request_id() if has_request_context() else ""
