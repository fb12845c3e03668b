"""Static files. Their address changes with their content, so browsers may keep them for good."""

import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, url_for

from jentry.errors import NotFound

STATIC = Path(__file__).parent / "static"
YEAR = 365 * 24 * 3600
ADDRESS = re.compile(rb'url\("([^"/]+)"\)')  # of another of these files, in a stylesheet

bp = Blueprint("assets", __name__)


@bp.get("/assets/<digest>/<name>")
def send(digest: str, name: str) -> Response:
    if name not in _names() or digest != _file(name)[0]:
        raise NotFound("There is no such file.")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = Response(_file(name)[1], mimetype=kind)
    response.cache_control.public = True
    response.cache_control.max_age = YEAR
    response.cache_control.immutable = True
    return response


def address(name: str) -> str:
    """For templates: `asset("app.css")`."""
    return url_for("web.assets.send", digest=_file(name)[0], name=name)


@cache
def _names() -> frozenset[str]:
    return frozenset(file.name for file in STATIC.iterdir())


@cache
def _file(name: str) -> tuple[str, bytes]:
    """Digest and content; in a stylesheet the other files have their addresses."""
    content = (STATIC / name).read_bytes()
    if name.endswith(".css"):
        content = ADDRESS.sub(_addressed, content)
    return hashlib.sha256(content).hexdigest()[:12], content


def _addressed(found: re.Match[bytes]) -> bytes:
    name = found[1].decode()
    return f'url("../{_file(name)[0]}/{name}")'.encode()
