"""A whole attempt ends in time. Time-outs of sockets hold for each read: who sends a byte now and
then would hold a sender for ever.
"""

import contextlib
import socket
import threading
import time
from types import TracebackType


class Expired(OSError):
    """The time of the whole attempt is over."""


class Deadline:
    """Shuts the socket at hand down when the time is over. Use as a context manager."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_over = False
        self._ends = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._guard = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._socket = None

    def left(self) -> float:
        """Seconds. Raises Expired."""
        left = self._ends - time.monotonic()
        if left <= 0 or self.is_over:
            raise Expired(self.words)
        return left

    def watch(self, found: socket.socket) -> None:
        """From now on this is the socket at hand: of a wrapped one the wrapping."""
        with self._guard:
            self._socket = found
            if self.is_over:
                _shut(found)

    @property
    def words(self) -> str:
        return f"no answer within {self.seconds:g} s"

    def _end(self) -> None:
        with self._guard:
            self.is_over = True
            if self._socket is not None:
                _shut(self._socket)


def words(error: Exception) -> str:
    """The reason of an attempt that failed, without numbers of the machine."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _shut(found: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(found, socket.SHUT_RDWR)
