"""Answers that are files of strangers: their bytes are never a page of ours."""

import re
from urllib.parse import quote

from flask import Response

POLICY = "default-src 'none'; sandbox"


def shown(data: bytes, content_type: str) -> Response:
    """In the browser, where it can do nothing."""
    response = Response(data, content_type=content_type)
    response.headers["Content-Disposition"] = "inline"
    return _guarded(response)


def saved(data: bytes, filename: str) -> Response:
    """The name in ASCII, and whole for who understands RFC 6266."""
    name = re.sub(r"[/\\]", "_", filename)
    plain = re.sub(r'[^ -~]|["%;]', "_", name)
    response = Response(data, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    return _guarded(response)


def _guarded(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=0"
    return response
