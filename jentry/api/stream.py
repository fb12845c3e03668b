"""`Accept: application/x-ndjson`: a list as lines, of any length, never held in memory.

A view knows nothing of this. It is called for page after page, with the cursor it gave out last,
and what is sent are the elements of `data`. Whoever asks for a `limit` or a `page` gets just that
one; a list without cursors is one page.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from threading import BoundedSemaphore
from typing import Any

import orjson
from flask import Response, g, request, stream_with_context
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from jentry.api.describe import Description
from jentry.errors import TooManyRequests

NDJSON = "application/x-ndjson"
JSON = "application/json"
PAGE_SIZE = "100"
GZIP_WINDOW = 31  # zlib's name for the gzip format with the largest window

# Each takes one of the few threads that answer everything but events (see asgi.py).
STREAMS = 2
_free = BoundedSemaphore(STREAMS)

View = Callable[[], ResponseReturnValue]


def is_wanted(description: Description) -> bool:
    """Whether the client prefers lines, and the answer is a list."""
    if "ndjson" not in request.headers.get("Accept", ""):
        return False
    is_list = description.answer is not None and description.answer.many
    return is_list and request.accept_mimetypes.best_match([JSON, NDJSON]) == NDJSON


def lines(view: View, query: Schema | None) -> Response:
    """The list of a view, element by line. Raises what the view raises, and TooManyRequests."""
    has_cursor = query is not None and "cursor" in query.fields
    is_whole = has_cursor and request.args.keys().isdisjoint({"limit", "page"})
    if is_whole:
        g.overrides = {"limit": PAGE_SIZE}
    first = _page(view)
    if not is_whole or first.get("nextCursor") is None:
        return Response(_text(first), content_type=NDJSON)
    if request.method == "HEAD":
        return Response(content_type=NDJSON)
    if not _free.acquire(blocking=False):
        raise TooManyRequests(
            f"{STREAMS} lists are being streamed already; try again when one has ended.",
            headers={"Retry-After": "5"},
        )
    response = Response(content_type=NDJSON)
    response.call_on_close(_free.release)
    chunks: Iterable[bytes] = stream_with_context(_all(view, first))
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.headers["Content-Encoding"] = "gzip"
        chunks = _compressed(chunks)
    response.response = chunks
    return response


def _all(view: View, page: dict[str, Any]) -> Iterator[bytes]:
    while True:
        yield _text(page)
        cursor = page.get("nextCursor")
        if cursor is None:
            return
        g.overrides["cursor"] = cursor
        page = _page(view)


def _page(view: View) -> dict[str, Any]:
    answer = view()
    found: dict[str, Any] = answer[0] if isinstance(answer, tuple) else answer  # type: ignore[assignment]
    return found


def _text(page: dict[str, Any]) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in page["data"])


def _compressed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Each chunk can be read as soon as it has arrived."""
    squeeze = zlib.compressobj(1, wbits=GZIP_WINDOW)
    for chunk in chunks:
        yield squeeze.compress(chunk) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    yield squeeze.flush()
