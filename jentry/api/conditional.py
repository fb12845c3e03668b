"""`ETag`, `If-None-Match` and `If-Match`: polling without transfer, changing without overwriting.

An ETag is the hash of the body. What is compressed on its way has `-gzip` added, since a strong
ETag names the very bytes; in a request both are understood.
"""

import inspect
from hashlib import blake2b

from flask import Response, current_app, g, make_response, request
from werkzeug.exceptions import HTTPException

from jentry.errors import PreconditionFailed

GZIPPED = "-gzip"
CONDITIONAL = ("PATCH", "PUT", "DELETE")  # what If-Match is asked of


def etag(body: bytes) -> str:
    """Without its quotes."""
    return blake2b(body, digest_size=16).hexdigest()


def answer_with_etag(response: Response) -> None:
    """Name the body; one that the client has already is not sent."""
    tag = etag(response.get_data())
    response.headers["ETag"] = f'"{tag}"'
    known = request.headers.get("If-None-Match")
    if known is not None and _names(known.replace("W/", ""), tag):
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Type"]
        del response.headers["Content-Length"]


def expect_match() -> None:
    """Let the request's write transaction begin with a look whether `If-Match` holds.

    It holds the write lock then: what is read is the latest, and stays so.
    """
    expected = request.headers.get("If-Match")
    if expected is None:
        return

    def precondition() -> None:
        if not _names(expected, etag(_current().get_data())):
            raise PreconditionFailed(
                "This has changed since its ETag was given out; read it again, then decide."
            )

    g.precondition = precondition


def _current() -> Response:
    """What GET of this address would answer now."""
    adapter = current_app.create_url_adapter(request)
    try:
        endpoint, ids = adapter.match(method="GET")  # type: ignore[union-attr]
    except HTTPException:
        raise PreconditionFailed("This address cannot be read, so nothing can match.") from None
    view = inspect.unwrap(current_app.view_functions[endpoint])  # admitted it is already
    return make_response(view(**ids))


def _names(header: str, tag: str) -> bool:
    """Whether a list of ETags has this one, or is `*`."""
    listed = {item.strip() for item in header.split(",")}
    return not listed.isdisjoint({"*", f'"{tag}"', f'"{tag}{GZIPPED}"'})
