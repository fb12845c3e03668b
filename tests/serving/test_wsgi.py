"""What becomes of an answer that nobody takes to its end."""

import asyncio
from threading import Event

import pytest

from jentry.serving.wsgi import ClientLeft, WsgiMiddleware

SCOPE = {
    "type": "http", "http_version": "1.1", "method": "GET", "path": "/", "query_string": b"",
    "headers": [],
}  # fmt: skip
PIECES = 100  # more than the queue between thread and loop holds


class Endless:
    """A WSGI application whose answer has many pieces; it knows when it was let go."""

    def __init__(self):
        self.sent = 0
        self.is_closed = Event()

    def __call__(self, environ, start_response):
        start_response("200 OK", [])
        return self

    def __iter__(self):
        for self.sent in range(1, PIECES + 1):
            yield b"x"

    def close(self):
        self.is_closed.set()


async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}


def test_a_whole_answer_arrives_piece_by_piece():
    app, messages = Endless(), []

    async def send(message):
        messages.append(message)

    asyncio.run(WsgiMiddleware(app, 1)(SCOPE, receive, send))
    pieces = [message["body"] for message in messages if message["type"] == "http.response.body"]
    assert pieces == [b"x"] * PIECES + [b""]
    assert app.is_closed.is_set()


def test_the_thread_is_free_again_when_the_request_is_cancelled():
    app = Endless()

    async def send(message):
        await asyncio.Event().wait()

    async def leave():
        request = asyncio.create_task(WsgiMiddleware(app, 1)(SCOPE, receive, send))
        while app.sent < 10:
            await asyncio.sleep(0)
        request.cancel()
        assert await asyncio.to_thread(app.is_closed.wait, 10)

    asyncio.run(leave())
    assert app.sent < PIECES


def test_the_thread_is_free_again_when_the_client_reads_nothing():
    app = Endless()

    async def send(message):
        await asyncio.Event().wait()

    with pytest.raises(ClientLeft):
        asyncio.run(WsgiMiddleware(app, 1, send_seconds=0.05)(SCOPE, receive, send))
    assert app.is_closed.is_set()
    assert app.sent < PIECES
