"""What every answer of the API gets on its way out, whoever made it."""

from flask import Response, request
from isal import isal_zlib

from jentry.api import conditional, limits

PREFIX = "/api/v1/"
SMALLEST = 1024  # bytes: less fits one packet anyway
COMPRESSIBLE = ("application/json", "text/")
LEVEL = 1
GZIP_WINDOW = 31  # zlib's name for the gzip format with the largest window


def finish(response: Response) -> Response:
    if not request.path.startswith(PREFIX):
        return response
    headers = response.headers
    headers["Cache-Control"] = "no-store"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Vary"] = "Accept, Accept-Encoding, Authorization"
    limits.tell(response)
    if response.is_streamed:
        return response
    if response.status_code == 200 and request.method in ("GET", "HEAD"):
        conditional.answer_with_etag(response)
    if _is_worth_compressing(response):
        _compress(response)
    return response


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
