"""The body of a request: collected under a limit, the same under WSGI and in the event loop.

The event loop reads bodies before a thread is taken. What it found wrong, or has not read yet,
stands in the WSGI environment and is raised where the body is asked for.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any, NoReturn

from flask import Flask, request

from jentry.errors import BadRequest, Refusal, TooLarge

MAX_API_BODY = 1024 * 1024
MAX_FORM = 64 * 1024
MAX_UPLOAD = 16 * 1024 * 1024  # of release tools, in pieces
CHUNK = 64 * 1024
DRAIN = 100 * 1024 * 1024  # thrown away at most, where the server does not do so itself

# How large a body may be: the first that fits the beginning of the path decides, else MAX_FORM.
LIMITS = (
    (re.compile(r"/api/0/organizations/[^/]+/chunk-upload(?:/|$)"), MAX_UPLOAD),
    (re.compile(r"/(?:api/(?:v1|0)/|mcp$)"), MAX_API_BODY),
)

REFUSAL = "jentry.refusal"  # why the request must not be performed
LINGERS = "jentry.lingers"  # whether the server reads what is left of a body after the answer
SENDER = "jentry.sender"  # a Sender: middleware copies the environment, this stays the same


def limit_of(path: str) -> int:
    return next((limit for begin, limit in LIMITS if begin.match(path)), MAX_FORM)


class Body:
    """`add` raises TooLarge as soon as there are more than `limit` bytes, and keeps none then."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._chunks = BytesIO()  # gives what it holds without a copy

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self.limit:
            self._chunks = BytesIO()
            raise TooLarge(f"The body must not be larger than {self.limit} bytes.")
        self._chunks.write(chunk)

    def whole(self) -> bytes:
        return self._chunks.getvalue()


class BodyWanted(BaseException):
    """The request is admitted and may send its body; no error, so nothing may catch it."""


class Unread:
    """Stands for a body that was not read, as `wsgi.input`: reading it raises `cause`."""

    def __init__(self, cause: BaseException) -> None:
        self.cause = cause

    def read(self, size: int = -1) -> NoReturn:
        raise self.cause


@dataclass
class Sender:
    """`is_known`: it has turned out to be a person or token of ours, who goes before strangers."""

    is_known: bool = False


def init_app(app: Flask) -> None:
    app.before_request(_refuse)


def _refuse() -> None:
    refusal: Refusal | None = request.environ.get(REFUSAL)
    if refusal is not None:
        raise refusal


def admit() -> None:
    """The request's sender is known and may do what it asks for: now its body may be large.

    Raises TooLarge for one that is too large, whether or not anybody would read it.
    """
    sender: Sender | None = request.environ.get(SENDER)
    if sender is not None:
        sender.is_known = True
    given = request.environ["wsgi.input"]
    if isinstance(given, Unread):
        raise given.cause


def read(limit: int) -> bytes:
    """The body of Flask's request, chunked or not.

    Raises TooLarge, and BadRequest when it is cut off or its chunks are malformed.
    """
    request.max_content_length = None  # the limit here counts what is read, not what is announced
    body = Body(limit)
    try:
        while chunk := request.stream.read(CHUNK):
            body.add(chunk)
    except Refusal:
        raise
    except Exception as error:  # each server has its own for this
        raise BadRequest(f"the request body cannot be read: {error}") from None
    return body.whole()


def drain() -> None:
    """Read what is left: under plain WSGI a client that cannot finish sending sees no answer."""
    if LINGERS in request.environ:
        return
    stream: Any = request.stream
    try:
        for _ in range(0, DRAIN, CHUNK):
            if not stream.read(CHUNK):
                break
    except Exception:  # noqa: S110 - it has gone, or sent nonsense
        pass
