"""Lists and addresses as the clients of Sentry's API read them."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request

from jentry.app.address import base_url
from jentry.errors import BadRequest
from jentry.vocabulary import MAX_ID

MOST = 100  # rows of a page: more are lowered, never refused
CURSOR = re.compile(r"[0-9]+:([0-9]{1,15}):[01]")


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
        raise BadRequest("cursor: Take it from the Link header of the page before.")
    return min(int(found[1]), MAX_ID)


def listed(rows: Sequence[Any], has_more: bool) -> Response:
    """The rows, and where the pages before and after are: both are always named."""
    response: Response = jsonify(list(rows))
    start, size = offset(), limit()
    places = (
        ("previous", start > 0, max(start - size, 0)),
        ("next", has_more, start + size),
    )
    response.headers["Link"] = ", ".join(
        f'<{_address(place)}>; rel="{rel}"; results="{str(has).lower()}"; cursor="0:{place}:0"'
        for rel, has, place in places
    )
    return response


def sliced(rows: Sequence[Any]) -> Response:
    """A page of a list that is there as a whole."""
    start = offset()
    end = start + limit()
    return listed(rows[start:end], end < len(rows))


def _address(place: int) -> str:
    rest = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    query = urlencode([*rest, ("cursor", f"0:{place}:0")]).replace("%3A", ":")
    return f"{base_url()}{request.path}?{query}"
