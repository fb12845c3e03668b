"""Lists and addresses as the clients of Sentry's API read them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request

from jentry import clock
from jentry.app.address import base_url
from jentry.errors import BadRequest
from jentry.store.paging import Key
from jentry.vocabulary import MAX_ID

MOST = 100  # rows of a page: more are lowered, never refused
CURSOR = re.compile(r"[0-9]{1,15}:([0-9]{1,15}):[01]")
AFTER = re.compile(r"([0-9]{1,14}):([0-9]{1,16}):1")
FIRST = "0:0:0"
NO_CURSOR = "cursor: Take it from the Link header of the page before."


def limit() -> int:
    """`per_page` or `limit` of the address. Raises BadRequest."""
    text = request.args.get("per_page") or request.args.get("limit") or str(MOST)
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) == 0:
        raise BadRequest("per_page: Must be a whole number from 1 to 100.")
    return min(int(text), MOST)


def offset() -> int:
    """Where the page of `cursor` begins; an empty one is the first. Raises BadRequest."""
    text = request.args.get("cursor", "")
    if not text:
        return 0
    found = CURSOR.fullmatch(text)
    if found is None:
        raise BadRequest(NO_CURSOR)
    return min(int(found[1]), MAX_ID)


def listed(rows: Sequence[Any], has_more: bool, total: int | None = None) -> Response:
    """The rows, and where the pages before and after are: both are always named. `total`: of all
    pages, where it is known.
    """
    start, size = offset(), limit()
    before = ("previous", start > 0, f"0:{max(start - size, 0)}:0")
    response = _linked(jsonify(list(rows)), before, ("next", has_more, f"0:{start + size}:0"))
    if total is not None:
        response.headers["X-Hits"] = str(total)
    return response


def sliced_in(rows: Sequence[Any], has_more: bool, meta: Any) -> Response:
    """As `listed`, below `data`."""
    response = listed(rows, has_more)
    response.set_data(jsonify({"data": list(rows), "meta": meta}).get_data())
    return response


def after() -> Key | None:
    """The row that the page of `cursor` follows, in a list by time. Raises BadRequest."""
    text = request.args.get("cursor", "")
    if text in ("", FIRST):
        return None
    found = AFTER.fullmatch(text)
    if found is None:
        raise BadRequest(NO_CURSOR)
    moment = datetime.fromtimestamp(int(found[1]) / 1000, UTC)
    return clock.timestamp(moment), min(int(found[2]), MAX_ID)


def followed(body: Any, last: Key | None) -> Response:
    """A page of a list by time, which rows that arrive do not shift. Nothing leads back."""
    cursor = request.args.get("cursor") or FIRST
    ahead = cursor
    if last is not None:
        moment = clock.parse(str(last[0]))
        ahead = f"{round(moment.timestamp() * 1000)}:{last[1]}:1"
    return _linked(jsonify(body), ("previous", False, FIRST), ("next", last is not None, ahead))


def _linked(response: Response, *places: tuple[str, bool, str]) -> Response:
    response.headers["Link"] = ", ".join(
        f'<{_address(cursor)}>; rel="{rel}"; results="{str(has).lower()}"; cursor="{cursor}"'
        for rel, has, cursor in places
    )
    return response


def bare(body: Any) -> Response:
    response: Response = jsonify(body)
    return response


def written(body: bytes) -> Response:
    """What is JSON already."""
    return Response(body, content_type="application/json")


def sliced(rows: Sequence[Any]) -> Response:
    """A page of a list that is there as a whole."""
    start = offset()
    end = start + limit()
    return listed(rows[start:end], end < len(rows))


def _address(cursor: str) -> str:
    rest = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    query = urlencode([*rest, ("cursor", cursor)]).replace("%3A", ":")
    return f"{base_url()}{request.path}?{query}"
