"""From ASGI to the WSGI application: a2wsgi, but its threads do not wait for clients that left.

A thread hands each piece of an answer to the event loop through a short queue. When the client is
gone, or reads nothing any more, nobody empties the queue; a2wsgi's thread would wait for good, and
there are only a few.
"""

import asyncio
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi import WSGIResponder

SEND_SECONDS = 30.0  # for one piece of an answer


class ClientLeft(Exception):
    """Nobody takes the rest of the answer."""


class WsgiMiddleware(WSGIMiddleware):
    """`send_seconds`: how long a client may take to read one piece of an answer."""

    def __init__(self, app: Any, workers: int, send_seconds: float = SEND_SECONDS) -> None:
        super().__init__(app, workers)
        self.send_seconds = send_seconds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        responder = Responder(self.app, self.executor, self.send_queue_size)
        responder.send_seconds = self.send_seconds
        try:
            await responder(scope, receive, send)
        finally:
            responder.is_over.set_result(None)


class Responder(WSGIResponder):
    send_seconds = SEND_SECONDS

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.is_over: Future[None] = Future()

    def send(self, message: Any) -> None:
        """Raises ClientLeft, which ends the application's iteration and closes it."""
        sent = asyncio.run_coroutine_threadsafe(self.send_queue.put(message), self.loop)
        wait([sent, self.is_over], self.send_seconds, return_when=FIRST_COMPLETED)
        if not sent.done():
            sent.cancel()
            raise ClientLeft
        sent.result()
