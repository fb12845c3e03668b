"""Static files. Their address changes with their content, so browsers may keep them for good."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, send_from_directory, url_for

from jentry.errors import NotFound

STATIC = Path(__file__).parent / "static"
YEAR = 365 * 24 * 3600

bp = Blueprint("assets", __name__)


@bp.get("/assets/<digest>/<name>")
def send(digest: str, name: str) -> Response:
    if digests().get(name) != digest:
        raise NotFound("There is no such file.")
    response = send_from_directory(STATIC, name, max_age=YEAR)
    response.cache_control.immutable = True
    response.cache_control.no_cache = None
    return response


@cache
def digests() -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:12] for file in STATIC.iterdir()
    }


def address(name: str) -> str:
    """For templates: `asset("app.css")`."""
    return url_for("web.assets.send", digest=digests()[name], name=name)
