"""Every error becomes an answer here: `{"error": …}` from the API, what SDKs and the clients of
Sentry's own API expect on their routes, a small page elsewhere.
"""

import logging
import re
from html import escape
from typing import cast

import orjson
from flask import Flask, Response, render_template, request
from werkzeug.exceptions import BadHost, HTTPException, InternalServerError

from jentry.app import body
from jentry.app.request_id import request_id
from jentry.errors import RETRY_SECONDS, Refusal, Unconfirmed
from jentry.ingest import answers
from jentry.store import trouble
from jentry.web import headers as headers_of_pages

log = logging.getLogger(__name__)

INGEST = re.compile(r"/(?:api/(?:[0-9]+|store|tunnel)|tunnel)(?:/|$)")
SENTRY_API = re.compile(r"/api/0(?:/|$)")
API = re.compile(r"/(?:api|mcp)(?:/|$)")

SENTENCES = {
    404: "There is no such address.",
    413: "The request is too large.",
    500: "Internal Server Error: the cause is in the server's log.",
}
NOT_OFFERED = "There is no such address, or jentry does not offer it."
TITLES = {403: "Not allowed", 404: "Not found", 429: "Too many requests", 503: "Not available"}
PLAIN = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name} · jentry</title>
<h1>{name}</h1>
<p>{message}</p>
<p><a href="{start}">To the start page</a></p>
</html>
"""


def init_app(app: Flask) -> None:
    app.register_error_handler(Refusal, _on_refusal)
    app.register_error_handler(HTTPException, _on_http_exception)


def _on_refusal(refusal: Refusal) -> Response:
    more = {"confirm": refusal.confirm} if isinstance(refusal, Unconfirmed) else {}
    return _answer(refusal.status, refusal.message, refusal.headers, more)


def _on_http_exception(error: HTTPException) -> Response:
    """What routing and Flask refuse, and bugs: Flask has logged their traceback already."""
    if isinstance(error, InternalServerError):
        reason = trouble.reason(error.original_exception)
        if reason:
            message = f"The database cannot be used just now: {reason}. Try again later."
            return _answer(503, message, {"Retry-After": RETRY_SECONDS})
    response = cast(Response, Response.force_type(error.get_response()))
    if error.code is None or error.code < 400:
        return response
    headers = {name: value for name, value in response.headers if not name.startswith("Content-")}
    if error.code == 405:
        message = f"This address takes {headers.get('Allow', 'other methods')}, not {_method()}."
    else:
        message = SENTENCES.get(error.code) or error.description or error.name
    return _answer(error.code, message, headers)


def _answer(
    status: int, message: str, headers: dict[str, str], more: dict[str, str] | None = None
) -> Response:
    body.drain()
    if SENTRY_API.match(request.path):
        detail = NOT_OFFERED if message == SENTENCES[404] else message
        response = Response(
            orjson.dumps({"detail": detail}), status, headers, content_type="application/json"
        )
    elif INGEST.match(request.path):
        answer = answers.refused(status, message, headers)
        response = Response(answer.body, status, answer.headers, content_type=answer.content_type)
    elif API.match(request.path):
        response = Response(
            orjson.dumps({"error": message} | (more or {})),
            status,
            headers,
            content_type="application/json",
        )
    else:
        response = Response(_page(status, message), status, headers, mimetype="text/html")
        headers_of_pages.secure(response)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _page(status: int, message: str) -> str:
    """In the frame of all pages, without anything from the database; plain if even that fails, or
    the request names a host that no address can have.
    """
    name = TITLES.get(status, f"Error {status}")
    try:
        if not isinstance(request.routing_exception, BadHost):
            return render_template(
                "error.html", name=name, message=message, request_id=request_id(), person=None
            )
    except Exception:
        log.exception("the page of an error cannot be shown")
    start = escape(f"{request.script_root}/")
    return PLAIN.format(name=escape(name), message=escape(message), start=start)


def _method() -> str:
    return request.method[:20]
