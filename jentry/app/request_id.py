"""`X-Request-Id`: one name for a request, in the client's log, the proxy's and ours."""

import os
import re

from flask import Flask, Response, g, request

HEADER = "X-Request-Id"
SANE = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")  # nothing that could forge a line of a log


def init_app(app: Flask) -> None:
    app.after_request(_tell)


def request_id() -> str:
    """That of the request in hand."""
    if "request_id" not in g:
        g.request_id = repeated(request.headers.get(HEADER, ""))
    found: str = g.request_id
    return found


def repeated(given: str) -> str:
    """The client's own when it can be repeated safely, else a new one."""
    return given if SANE.fullmatch(given) else os.urandom(12).hex()


def _tell(response: Response) -> Response:
    response.headers[HEADER] = request_id()
    return response
