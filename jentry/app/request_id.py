"""`X-Request-Id`: one name for a request, in the client's log, the proxy's and ours."""

import os
import re

from flask import Flask, Response, g, request

HEADER = "X-Request-Id"
SANE = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")  # nothing that could forge a line of a log


def init_app(app: Flask) -> None:
    app.after_request(_tell)


def request_id() -> str:
    """The client's own when it can be repeated safely, else a new one."""
    if "request_id" not in g:
        given = request.headers.get(HEADER, "")
        g.request_id = given if SANE.fullmatch(given) else os.urandom(12).hex()
    found: str = g.request_id
    return found


def _tell(response: Response) -> Response:
    response.headers[HEADER] = request_id()
    return response
