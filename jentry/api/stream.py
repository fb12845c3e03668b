"""`Accept: application/x-ndjson`: a list as lines, of any length, never held in memory.

A view knows nothing of this. It is called for page after page, by cursor or by number, in one
snapshot of the database, and what is sent are the elements of `data`. Whoever asks for a `limit` or
a `page` gets just that page.
"""

import threading
import zlib
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from itertools import chain
from typing import Any

import orjson
from flask import Response, current_app, g, request, stream_with_context
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from jentry.api.describe import Description
from jentry.app.db import reader, reading_from
from jentry.errors import TooManyRequests
from jentry.store.connection import snapshot

NDJSON = "application/x-ndjson"
JSON = "application/json"
PAGE_SIZE = "100"
GZIP_WINDOW = 31  # zlib's name for the gzip format with the largest window

# Each keeps a page of text, a connection, and a state of the file that cannot be tidied up.
STREAMS = 2  # of an organization at a time
ALL_STREAMS = 12

View = Callable[[], ResponseReturnValue]


def is_wanted(description: Description) -> bool:
    """Whether the client prefers lines, and the answer is a list."""
    if "ndjson" not in request.headers.get("Accept", ""):
        return False
    is_list = description.answer is not None and description.answer.many
    return is_list and request.accept_mimetypes.best_match([JSON, NDJSON]) == NDJSON


def lines(view: View, query: Schema | None) -> Response:
    """The list of a view, element by line. Raises what the view raises, and TooManyRequests."""
    pages = _pages(view, query)
    text, is_last = next(pages)
    if is_last or request.method == "HEAD":
        pages.close()
        return Response(text, content_type=NDJSON)
    slots: Slots = current_app.extensions["streams"]
    org_id = g.actor.org_id
    if not slots.take(org_id):
        pages.close()
        raise TooManyRequests(
            f"{STREAMS} lists are being streamed already; try again when one has ended.",
            headers={"Retry-After": "5"},
        )
    response = Response(content_type=NDJSON)
    response.call_on_close(lambda: slots.give_back(org_id))
    chunks: Iterable[bytes] = stream_with_context(chain([text], (text for text, _ in pages)))
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.headers["Content-Encoding"] = "gzip"
        chunks = _compressed(chunks)
    response.response = chunks
    return response


class Slots:
    """How many lists each organization streams, and all of them; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[int] = Counter()

    def take(self, org_id: int) -> bool:
        with self._lock:
            if self._taken[org_id] >= STREAMS or self._taken.total() >= ALL_STREAMS:
                return False
            self._taken[org_id] += 1
            return True

    def give_back(self, org_id: int) -> None:
        with self._lock:
            self._taken[org_id] -= 1
            self._taken += Counter()  # drops those that are at nothing


def _pages(view: View, query: Schema | None) -> Generator[tuple[bytes, bool]]:
    """The text of one after the other as they were when the first was read, or of the one that is
    asked for, and whether it is the last. While a text is on its way nothing else is kept.

    The connection is the generator's own: Flask closes the request's before all is sent.
    """
    if query is None or "page" not in query.fields or _is_one_page():
        yield _text(_page(view)), True
        return
    g.overrides = {"limit": PAGE_SIZE}
    with closing(reader(small=True)) as db, snapshot(db):
        following: dict[str, str] | None = {}
        while following is not None:
            g.overrides |= following
            with reading_from(db):
                page = _page(view)
            text, following = _text(page), _following(page)
            del page
            yield text, following is None


def _is_one_page() -> bool:
    return not request.args.keys().isdisjoint({"limit", "page"})


def _following(page: dict[str, Any]) -> dict[str, str] | None:
    """The parameters that lead to the next page; None on the last one."""
    if "nextCursor" in page:
        cursor = page["nextCursor"]
        return None if cursor is None else {"cursor": cursor}
    if "total" in page and page["page"] * page["pageSize"] < page["total"]:
        return {"page": str(page["page"] + 1)}
    return None


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
