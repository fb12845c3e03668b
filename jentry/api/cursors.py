"""The answer of a list that can be walked by cursors, which rows that arrive do not shift."""

from typing import Any
from urllib.parse import quote, urlencode

from flask import request
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from jentry.app.address import base_url
from jentry.schemas.paging import PagedQuery, cursor_after
from jentry.store.paging import Page, Paging

CURSORED = ("page", "pageSize", "total", "nextCursor")  # beside `data`


def listed(
    out: Schema, query: PagedQuery, wanted: Paging, found: Page, **beside: Any
) -> ResponseReturnValue:
    """`page` and `total` are null when a cursor was sent: then each page costs the same.

    Of all but the last page, `nextCursor` and the header `Link` lead to the next one. `beside` are
    more members of the answer.
    """
    answer: dict[str, Any] = {
        "data": out.dump(found.rows),
        "page": None if wanted.after else wanted.page,
        "pageSize": wanted.limit,
        "total": found.total,
        "nextCursor": found.last and cursor_after(query.order(vars(wanted)), found.last),
        **beside,
    }
    if found.last is None:
        return answer
    parameters = request.args.to_dict() | {"cursor": answer["nextCursor"]}
    parameters.pop("page", None)
    link = f"{base_url()}{quote(request.path)}?{urlencode(parameters)}"
    return answer, {"Link": f'<{link}>; rel="next"'}
