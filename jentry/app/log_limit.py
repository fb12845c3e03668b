"""Requests can make the log grow, but only so fast: a bounded number of lines a minute per kind."""

import logging
import threading
import time

MOST = 20  # records of one kind
WINDOW = 60.0  # seconds
LONGEST = 8 * 1024  # characters of one record's text


class LogLimit(logging.Filter):
    """For handlers. Records of one kind come from the same line of code.

    The first record after a window says how many were left out in it.
    """

    def __init__(self, most: int = MOST, window: float = WINDOW) -> None:
        super().__init__()
        self.most = most
        self.window = window
        self._lock = threading.Lock()
        self._kinds: dict[tuple[str, int], tuple[float, int]] = {}  # -> begin, records since

    def filter(self, record: logging.LogRecord) -> bool:
        kind = (record.pathname, record.lineno)
        now = time.monotonic()
        with self._lock:
            begin, count = self._kinds.get(kind, (now, 0))
            left_out = 0
            if now - begin >= self.window:
                left_out = max(count - self.most, 0)
                begin, count = now, 0
            count += 1
            self._kinds[kind] = begin, count
        if count <= self.most:
            self._finish(record, left_out, is_last=count == self.most)
            return True
        return False

    def _finish(self, record: logging.LogRecord, left_out: int, *, is_last: bool) -> None:
        """The text with what was left out, or that more will be; never longer than LONGEST."""
        text = record.getMessage()
        if len(text) > LONGEST:
            text = f"{text[:LONGEST]}… ({len(text)} characters)"
        if left_out:
            text += f" ({left_out} more like it were left out in the last {self.window:.0f} s)"
        if is_last:
            text += f" (more like it are left out for {self.window:.0f} s)"
        record.msg, record.args = text, None


def limit(logger: logging.Logger) -> None:
    """Each handler of the logger gets a limit, once."""
    for handler in logger.handlers:
        if not any(isinstance(each, LogLimit) for each in handler.filters):
            handler.addFilter(LogLimit())
