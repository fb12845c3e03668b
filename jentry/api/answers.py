"""What every answer of the API gets on its way out, whoever made it."""

from urllib.parse import quote

from flask import Response, current_app, g, request
from isal import isal_zlib

from jentry.api import conditional, limits
from jentry.api.describe import Description
from jentry.schemas.traits import is_tag

PREFIX = "/api/v1/"
SMALLEST = 1024  # bytes: less fits one packet anyway
COMPRESSIBLE = ("application/json", "text/")
LEVEL = 1
MOST_NAMES, LONGEST_NAME = 20, 100  # of ignored parameters
GZIP_WINDOW = 31  # zlib's name for the gzip format with the largest window


def finish(response: Response) -> Response:
    if not request.path.startswith(PREFIX):
        return response
    headers = response.headers
    headers["Cache-Control"] = "no-store"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Vary"] = "Accept, Accept-Encoding, Authorization"
    limits.tell(response)
    _name_ignored(response)
    if capped := g.get("capped_filters"):
        names = [quote(name, safe="[]") for name in capped]
        response.headers["X-Capped-Filters"] = ", ".join(names)
    if response.is_streamed:
        return response
    if response.status_code == 200 and request.method in ("GET", "HEAD"):
        conditional.answer_with_etag(response)
    if _is_worth_compressing(response):
        _compress(response)
    return response


def _name_ignored(response: Response) -> None:
    """A filter that is mistyped filters nothing: whoever looks shall see why."""
    view = current_app.view_functions.get(request.endpoint or "")
    description: Description | None = getattr(view, "description", None)
    if description is None or not request.args:
        return
    known = description.query.fields.values() if description.query else ()
    names = {field.data_key for field in known}
    ignored = [
        quote(name[:LONGEST_NAME], safe="[]")
        for name in request.args
        if name not in names and not ("tag" in names and is_tag(name))
    ]
    if ignored:
        response.headers["X-Ignored-Parameters"] = ", ".join(ignored[:MOST_NAMES])


def _is_worth_compressing(response: Response) -> bool:
    return (
        "gzip" in request.headers.get("Accept-Encoding", "")
        and "Content-Encoding" not in response.headers
        and response.headers.get("Content-Type", "").startswith(COMPRESSIBLE)
        and len(response.get_data()) >= SMALLEST
        and request.accept_encodings.quality("gzip") > 0
    )


def _compress(response: Response) -> None:
    response.set_data(isal_zlib.compress(response.get_data(), LEVEL, GZIP_WINDOW))
    response.headers["Content-Encoding"] = "gzip"
    tag = response.headers.get("ETag")
    if tag is not None:
        response.headers["ETag"] = f'{tag[:-1]}{conditional.GZIPPED}"'
