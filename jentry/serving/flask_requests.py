"""Requests for Flask: their body is read first, then threads make the answer, step by step."""

import asyncio
from collections.abc import AsyncIterator, Iterable, MutableMapping
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException

from jentry.app.body import REFUSAL, SENDER, BodyWanted, Sender, Unread, limit_of
from jentry.errors import Refusal, TooLarge, Unavailable
from jentry.serving.bodies import Budget, Hold, IncomingBody, Receive, announced, check
from jentry.serving.callers import Callers
from jentry.serving.scheduler import Scheduler
from jentry.serving.wsgi import Send, WsgiMiddleware, environ_of

THREADS = 4  # more are slower: they only pass the interpreter lock around
LITTLE = 64 * 1024  # bytes that are read of anybody's body
ANSWER_MEMORY = 16 * 1024 * 1024  # bytes of large answers that wait for their readers

Scope = MutableMapping[str, Any]


class FlaskRequests:
    def __init__(
        self, flask: Flask, scheduler: Scheduler, bodies: Budget, read_seconds: float
    ) -> None:
        self.flask = flask
        self.scheduler = scheduler
        self.bodies = bodies
        self.answers = Budget(ANSWER_MEMORY)
        self.read_seconds = read_seconds
        self.callers = Callers()
        self.wsgi = WsgiMiddleware(flask, THREADS)
        self.routes = flask.url_map.bind("")

    async def __call__(self, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        """`path` is that of the route; a proxy may have put something before it."""
        with self.bodies.hold() as hold:
            length = announced(scope["headers"])
            if length == 0:
                await self.answer(scope, b"", send)
            elif not self.has_route(path, scope["method"]):  # Flask says what is wrong with it
                await self.answer(scope, Unread(TooLarge("There is nobody to read it.")), send)
            else:
                incoming = IncomingBody(receive, hold, limit_of(path), self.read_seconds)
                await self.with_body(scope, incoming, send, length)

    async def with_body(
        self, scope: Scope, incoming: IncomingBody, send: Send, length: int | None
    ) -> None:
        """Of a large body only the beginning is read, until Flask has said that it may come."""
        try:
            check(length, incoming.limit)
            if length is None or length <= LITTLE:
                await incoming.read(LITTLE)
            if not incoming.is_complete:
                try:
                    await self.answer(scope, Unread(BodyWanted()), send)
                except BodyWanted:
                    pass
                else:
                    return
            body: bytes | Unread = await incoming.whole()
        except TooLarge as refusal:
            body = Unread(refusal)
        except Refusal as refusal:
            await self.answer(scope, b"", send, refusal)
            return
        await self.answer(scope, body, send)

    async def answer(
        self, scope: Scope, body: bytes | Unread, send: Send, refusal: Refusal | None = None
    ) -> None:
        environ = environ_of(scope, body)
        if refusal is not None:
            environ[REFUSAL] = refusal
        sender = environ[SENDER] = Sender()
        said = _credentials(scope["headers"])
        turn = partial(self.turn, said)
        task = asyncio.current_task()
        with self.answers.hold() as hold:
            hold.let_go = task.cancel if task else None
            status = await self.wsgi(environ, send, turn, partial(_keep, hold))
        if sender.is_known:
            self.callers.add(said)
        elif status == HTTPStatus.UNAUTHORIZED:
            self.callers.discard(said)

    @asynccontextmanager
    async def turn(self, credentials: bytes) -> AsyncIterator[None]:
        """For each step of an answer anew: one that goes on for long does not stay the first."""
        with self.callers.rank(credentials) as rank:
            async with self.scheduler.request(rank):
                yield

    def has_route(self, path: str, method: str) -> bool:
        try:
            self.routes.match(path, method)
        except HTTPException:
            return False
        return True


def _keep(hold: Hold, size: int) -> None:
    """What does not fit is given up like what nobody reads: the connection ends."""
    try:
        hold.set(size)
    except Unavailable:
        raise asyncio.CancelledError from None


def _credentials(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"\n".join(value for name, value in headers if name in (b"authorization", b"cookie"))
