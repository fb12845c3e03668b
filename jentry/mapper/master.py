"""The server's side: one child, started at the first question, ended when nobody asks."""

import contextlib
import importlib.util
import json
import logging
import subprocess
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from jentry import children
from jentry.mapper import wire

log = logging.getLogger(__name__)

SECONDS = 20.0  # of processor time that a question may take; the child counts them
WALL_SECONDS = 5 * SECONDS  # after which the machine is too busy, whatever the map is
IDLE_SECONDS = 60.0  # after which the child is ended
MOST_REMEMBERED = 1000  # pairs that ended a child

Place = tuple[Any, ...]  # line and column, as in an event; or a class, a method and a line
Parts = Callable[[], tuple[bytes, bytes]]  # the script and its map


class CannotMap(Exception):
    """`reason` is a word of the doctor's table, `words` what the reader of maps said."""

    def __init__(self, reason: str, words: str = "") -> None:
        super().__init__(words)
        self.reason = reason
        self.words = words


class Mapper:
    """Any thread may ask; they take turns."""

    def __init__(
        self,
        seconds: float = SECONDS,
        wall_seconds: float = WALL_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._seconds = seconds
        self._wall_seconds = wall_seconds
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._idle: threading.Timer | None = None
        self._costly: OrderedDict[str, None] = OrderedDict()
        self._used = 0.0

    def look_up(
        self, pair: str, places: Sequence[Place], parts: Parts, kind: str = "source_map"
    ) -> list[dict[str, Any] | None]:
        """Where each place of the pair's script comes from: a Result of `reading.py` or None.
        `kind` is `source_map` or `proguard`, which has no script.

        `parts` is called when the child does not hold the pair. Raises CannotMap: `pending` when
        the machine was too busy, so that it may be asked again.
        """
        if not is_there():
            raise CannotMap("mapper_missing")
        with self._lock:
            if pair in self._costly:
                raise CannotMap("too_costly")
            return self._ask(pair, places, parts, kind)

    def close(self) -> None:
        with self._lock:
            self._end()

    def _ask(
        self, pair: str, places: Sequence[Place], parts: Parts, kind: str
    ) -> list[dict[str, Any] | None]:
        if self._idle is not None:
            self._idle.cancel()
        header = json.dumps(
            {"pair": pair, "places": list(places), "kind": kind, "seconds": self._seconds}
        ).encode()
        child, is_late = self._started(), threading.Event()
        watch = threading.Timer(self._wall_seconds, _end_late, (child, is_late))
        watch.start()
        try:
            answer = self._exchange(child, [header])
            if answer.get("needs"):
                answer = self._exchange(child, [header, *parts()])
        except (wire.Closed, OSError, ValueError):
            self._end()
            if is_late.is_set():
                log.warning("a source map was not read in time pair=%s", pair)
                raise CannotMap("pending") from None
            self._remember(pair)
            log.warning("a source map ended the process that reads it pair=%s", pair)
            raise CannotMap("too_costly") from None
        finally:
            watch.cancel()
        self._end_when_idle()
        if "error" in answer:
            raise CannotMap(answer["error"], answer["words"])
        results: list[dict[str, Any] | None] = answer["results"]
        return results

    def _exchange(self, child: subprocess.Popen[bytes], parts: list[bytes]) -> dict[str, Any]:
        assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018
        wire.write(child.stdin, parts)
        answer: dict[str, Any] = json.loads(wire.read(child.stdout)[0])
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child = children.start(
                "mapper",
                text=False,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._child

    def _remember(self, pair: str) -> None:
        self._costly[pair] = None
        if len(self._costly) > MOST_REMEMBERED:
            self._costly.popitem(last=False)

    def _end_when_idle(self) -> None:
        self._used = time.monotonic()
        self._idle = threading.Timer(self._idle_seconds, self._end_if_idle)
        self._idle.daemon = True
        self._idle.start()

    def _end_if_idle(self) -> None:
        with self._lock:
            if time.monotonic() - self._used >= self._idle_seconds - 1:
                self._end()

    def _end(self) -> None:
        child, self._child = self._child, None
        if self._idle is not None:
            self._idle.cancel()
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        child.wait()


def _end_late(child: subprocess.Popen[bytes], is_late: threading.Event) -> None:
    is_late.set()
    child.kill()


def is_there() -> bool:
    """Whether the extra `maps` is installed; the library itself is not loaded."""
    return importlib.util.find_spec("symbolic") is not None
