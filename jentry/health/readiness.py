"""Can events be stored just now? For `/readyz`, in the event loop and under WSGI."""

import logging
import shutil
import threading
import time
from contextlib import closing
from pathlib import Path

from jentry.errors import RETRY_SECONDS
from jentry.health import canary
from jentry.settings import Settings
from jentry.store import connection, instance, trouble
from jentry.store.backup import record
from jentry.store.database import open_database
from jentry.store.engines.errors import BUDGET_FULL, DISK_FULL
from jentry.store.engines.scope import Projects

log = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds; whoever asks gives up soon, and must not hold a thread for longer
SHARED_SECONDS = 1.0  # all who ask within them get one answer: each look writes to the disk
MIB = 1024 * 1024
LEAST_SPACE = MIB  # bytes: less does not do for every event


def later(status: int) -> dict[str, str]:
    """Every 503 says when to ask again."""
    return {"Retry-After": RETRY_SECONDS} if status == 503 else {}


def probe(settings: Settings) -> tuple[int, str]:
    """Whether a write gets onto the disk in time: a status, and a line for whoever asks.

    The line is public: no paths.
    """
    return _latest.of(settings)


class _Latest:
    """The latest look; who asks while one is taken gets its result."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: Settings | None = None
        self._at = 0.0
        self._answer = 200, ""

    def of(self, settings: Settings) -> tuple[int, str]:
        with self._lock:
            if settings != self._of or time.monotonic() - self._at > SHARED_SECONDS:
                self._answer = _look(settings)
                self._of, self._at = settings, time.monotonic()
            return self._answer


_latest = _Latest()


def _look(settings: Settings) -> tuple[int, str]:
    path = settings.db
    try:
        with (
            closing(open_database(path, write=True)) as db,
            connection.transaction(db, Projects(()), patience=PATIENCE) as at,
        ):
            instance.prove_writable(db, at)
            backup = record.words(db, at)
            is_bounded = not db.has_room()
        free = shutil.disk_usage(path.resolve().parent).free if isinstance(path, Path) else None
        if free is not None and free < LEAST_SPACE:
            room = f"{free // MIB} MiB free, 16 MiB needed"
            return 503, f"Events cannot be stored: {DISK_FULL}: {room}.\n"
        if is_bounded:
            return 503, f"Events cannot be stored: {BUDGET_FULL}.\n"
    except connection.errors(OSError) as error:
        reason = trouble.reason(error)
        log.warning("events cannot be stored: %s", reason, exc_info=reason is None)
        return 503, f"Events cannot be stored: {reason or trouble.UNKNOWN}.\n"
    if settings.canary and (words := canary.trouble_of(path)):
        return 503, f"Events cannot be stored: {words}.\n"
    return 200, f"ok\n{backup}"
