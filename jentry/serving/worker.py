"""gunicorn's event-loop worker: it bounds what connections may take, and stops with a notice."""

import asyncio
import resource
import sys

from gunicorn.workers import gasgi

from jentry.memory import Trimmer
from jentry.serving.connections import MOST, Connections
from jentry.serving.protocol import HttpConnection

NOTICE_SECONDS = 0.5
# The event loop waits so long for the interpreter lock whenever it has let it go, at each statement
# of SQL, while a thread is busy; Python's own 5 ms make 100 of one event.
SWITCH_SECONDS = 0.0005
SWEEP_SECONDS = 1.0
RESERVED_FILES = 64  # the database for each thread, sockets of our own, what libraries open
LOG_SECONDS = 60.0  # at most one line in

gasgi.ASGIProtocol = HttpConnection  # what the worker makes of each new connection


class Worker(gasgi.ASGIWorker):  # type: ignore[misc]
    """Told to stop, it first says so in its answers, so that clients end their connections.

    A kept connection may be closed at any time, but a request that is already on its way then is
    lost. So idle ones are closed after a moment in which such requests are still answered.
    """

    is_leaving = False

    def init_process(self) -> None:
        self.connections = Connections(most_connections())
        self._may_log_at = 0.0
        sys.setswitchinterval(SWITCH_SECONDS)
        super().init_process()

    async def _serve(self) -> None:
        sweep = self.loop.create_task(self._sweep())
        self._serving = self.loop.create_task(super()._serve())
        await self._serving
        sweep.cancel()

    async def _sweep(self) -> None:
        trimmer = Trimmer()
        trim_at = 0.0
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = self.loop.time()
            self.connections.expire(now)
            if now >= trim_at:
                trim_at = now + await asyncio.to_thread(trimmer.trim)

    def has_room(self) -> bool:
        """For one more connection; if not, or only just, the log says so."""
        now = self.loop.time()
        if len(self.connections) >= self.connections.most and now >= self._may_log_at:
            self._may_log_at = now + LOG_SECONDS
            self.log.warning(
                "%d connections are open, the most there may be: new ones take the place of idle "
                "ones, or are refused",
                len(self.connections),
            )
        return self.connections.has_room(now)

    def handle_exit_signal(self) -> None:
        """Accepts no more connections from now on; another worker has the socket too, or nobody."""
        self.is_leaving = True
        for server in self.servers:
            server.close()
        self.loop.call_later(NOTICE_SECONDS, self._leave)

    def _leave(self) -> None:
        self.connections.end_idle()
        if self.alive:
            super().handle_exit_signal()
            self._serving.cancel()  # it looks once a second by itself whether it is to end


def most_connections() -> int:
    """As many as files may be open, but for those that we need ourselves."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(MOST, max(files - RESERVED_FILES, files // 4))
