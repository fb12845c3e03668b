"""gunicorn's master, with one child more than its workers: the process that does upkeep."""

import os
import signal
import time
from contextlib import suppress
from typing import Any

from gunicorn.arbiter import Arbiter

from jentry.app import logs
from jentry.settings import Settings
from jentry.upkeep import process

AGAIN_SECONDS = 10.0  # at least between two starts
STOP_SECONDS = 8.0


class Master(Arbiter):  # type: ignore[misc]
    """A child that has ended for any reason is replaced; in the end it goes with the rest."""

    def __init__(self, app: Any, settings: Settings) -> None:
        self.settings = settings
        super().__init__(app)
        self.upkeep_pid = 0
        self._not_before = 0.0

    def setup(self, app: Any) -> None:
        """At the start, and at each reload."""
        super().setup(app)
        logs.shape(self.log.error_log, self.settings.log)

    def manage_workers(self) -> None:
        super().manage_workers()
        if not self.upkeep_pid and time.monotonic() >= self._not_before:
            self._not_before = time.monotonic() + AGAIN_SECONDS
            self.upkeep_pid = process.fork(self.settings, self._leave)

    def reap_workers(self) -> None:
        self._reap_upkeep()
        super().reap_workers()

    def stop(self, graceful: bool = True) -> None:
        pid = self.upkeep_pid
        if pid:
            _kill(pid, signal.SIGTERM)
        super().stop(graceful)
        deadline = time.monotonic() + STOP_SECONDS
        while self.upkeep_pid and time.monotonic() < deadline:
            time.sleep(0.02)
            self._reap_upkeep()
        if self.upkeep_pid:
            _kill(pid, signal.SIGKILL)

    def _reap_upkeep(self) -> None:
        """First: workers are waited for by waiting for any child."""
        if self.upkeep_pid:
            with suppress(ChildProcessError):
                if os.waitpid(self.upkeep_pid, os.WNOHANG)[0] == 0:
                    return
            self.upkeep_pid = 0

    def _leave(self) -> None:
        """What the child has inherited and must not keep: else the port remains taken."""
        for listener in self.LISTENERS:
            listener.close()
        for worker in self.WORKERS.values():
            worker.tmp.close()


def _kill(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
