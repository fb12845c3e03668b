"""An answer is made as fast as it is taken, and a thread is needed only while it is made."""

import asyncio
from contextlib import asynccontextmanager
from threading import Event

import pytest

from jentry.serving.wsgi import PIECE, WsgiMiddleware, environ_of

SCOPE = {
    "type": "http", "http_version": "1.1", "method": "GET", "path": "/", "query_string": b"",
    "headers": [(b"host", b"jentry.test")],
}  # fmt: skip
PARTS = 20


class Parts:
    """A WSGI application whose answer has many parts; it knows when it was let go."""

    def __init__(self, size):
        self.size = size
        self.made = 0
        self.is_closed = Event()

    def __call__(self, environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return self

    def __iter__(self):
        for self.made in range(1, PARTS + 1):
            yield bytes([self.made]) * self.size

    def close(self):
        self.is_closed.set()


@asynccontextmanager
async def turn():
    yield


async def answer(middleware, send):
    await middleware(environ_of(SCOPE, b""), send, turn, lambda size: None)


@pytest.mark.parametrize("size", [1, 1000, PIECE, PIECE + 1, 5 * PIECE])
def test_a_whole_answer_arrives_in_pieces(size):
    app, messages = Parts(size), []

    async def send(message):
        messages.append(message)

    asyncio.run(answer(WsgiMiddleware(app, 1), send))
    start, *pieces = messages
    assert (start["status"], start["headers"]) == (200, [(b"content-type", b"text/plain")])
    assert all(len(piece["body"]) <= PIECE for piece in pieces)
    assert [piece["more_body"] for piece in pieces] == [True] * (len(pieces) - 1) + [False]
    whole = b"".join(piece["body"] for piece in pieces)
    assert whole == b"".join(bytes([number]) * size for number in range(1, PARTS + 1))
    assert app.is_closed.is_set()


def test_who_reads_nothing_keeps_no_thread_and_gets_no_further_part():
    app = Parts(PIECE)
    middleware = WsgiMiddleware(app, 1)

    async def take_nothing(message):
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def take(message):
        pass

    async def main():
        unread = [asyncio.ensure_future(answer(middleware, take_nothing)) for _ in range(3)]
        await asyncio.wait(unread, timeout=0.2)
        assert app.made == 1  # of each of them, by the only thread
        app.made = 0
        await answer(middleware, take)
        assert app.made == PARTS
        app.is_closed.clear()
        for request in unread:
            request.cancel()
        assert await asyncio.to_thread(app.is_closed.wait, 10)

    asyncio.run(main())


def test_an_error_reaches_the_server_and_the_answer_is_let_go():
    class Broken(Parts):
        def __iter__(self):
            yield b"x" * PIECE
            raise ZeroDivisionError

    app = Broken(1)

    async def send(message):
        pass

    with pytest.raises(ZeroDivisionError):
        asyncio.run(answer(WsgiMiddleware(app, 1), send))
    assert app.is_closed.wait(10)
