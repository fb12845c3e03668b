"""`/api/v1/openapi.json`: what this API takes and gives, for machines; without a token."""

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.app.address import base_url

PLACE = Path(__file__).with_name("openapi.json")

bp = Blueprint("document", __name__, url_prefix="/api/v1")


@bp.get("/openapi.json")
@describes(None)
def get_openapi_document() -> ResponseReturnValue:
    """Fetch this document, with this server's address. It needs no token."""
    return Response(_written(base_url()), mimetype="application/json")


@lru_cache(maxsize=4)
def _written(base: str) -> bytes:
    """Anybody may ask for it: it is written once for each address of this server."""
    return orjson.dumps(at(base))


def at(base: str) -> dict[str, Any]:
    """The kept document, for a server that is reached at this address."""
    return kept() | {"servers": [{"url": f"{base}/api/v1", "description": "This server."}]}


@cache
def kept() -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(PLACE.read_bytes())
    return found
