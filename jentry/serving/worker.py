"""gunicorn's event-loop worker, with a notice before it stops."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from gunicorn.workers.gasgi import ASGIWorker

NOTICE_SECONDS = 0.5

Message = MutableMapping[str, Any]
App = Callable[[Any, Any, Callable[[Message], Awaitable[None]]], Awaitable[None]]


class Worker(ASGIWorker):  # type: ignore[misc]
    """Told to stop, it first says so in its answers, so that clients end their connections.

    gunicorn closes a kept connection right after an answer that promised to keep it; a request
    that is already on its way then is lost. With many connections that happens in most reloads.
    """

    is_leaving = False

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.asgi: App = self.announcing(self.asgi)

    def announcing(self, app: App) -> App:
        async def announcing(
            scope: Any, receive: Any, send: Callable[[Message], Awaitable[None]]
        ) -> None:
            async def announce(message: Message) -> None:
                if self.is_leaving and message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
                await send(message)

            await app(scope, receive, announce)

        return announcing

    def handle_exit_signal(self) -> None:
        """Accepts no more connections from now on; another worker has the socket too, or nobody."""
        self.is_leaving = True
        for server in self.servers:
            server.close()
        self.loop.call_later(NOTICE_SECONDS, super().handle_exit_signal)
