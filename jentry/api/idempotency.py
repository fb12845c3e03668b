"""`Idempotency-Key`: a POST that is sent again, because its answer was lost, is done once."""

import re
from collections.abc import Callable
from hashlib import sha256

from flask import Response, g, make_response, request
from flask.typing import ResponseReturnValue

from jentry.app.db import reading, within, writing
from jentry.errors import BadRequest, Conflict
from jentry.store import idempotency
from jentry.store.idempotency import Kept

HEADER = "Idempotency-Key"
KEY = re.compile(r"[!-~]{1,255}")
KEPT_HEADERS = {"Content-Type", "Location", "Link"}


def once(
    token_id: int, body: bytes, view: Callable[[], ResponseReturnValue], in_steps: bool = False
) -> Response:
    """The answer of the view, or the one it gave to the same key within 24 hours.

    The answer is stored in the transaction of the change: both are there or none. Whoever repeats
    a request while the first runs waits for the write lock, and then finds its answer. What was
    refused changed nothing and may be sent again, corrected, with the same key. `in_steps` the view
    has transactions of its own, and the answer is stored after the last.
    Raises BadRequest for a key that is none; Conflict when it stood for another request.
    """
    key = request.headers[HEADER]
    if not KEY.fullmatch(key):
        raise BadRequest(f"{HEADER} must be 1 to 255 printable ASCII characters without blanks.")
    digest = _digest(body)
    if in_steps:
        kept = idempotency.find(reading(), token_id, key, g.at)
        if kept is None:
            answer = make_response(view())
            with writing() as (db, at):
                idempotency.keep(db, token_id, key, _kept(digest, answer), at)
            return answer
    else:
        with writing() as (db, at), within(db, at):
            kept = idempotency.find(db, token_id, key, at)
            if kept is None:
                answer = make_response(view())
                idempotency.keep(db, token_id, key, _kept(digest, answer), at)
                return answer
    if kept.request != digest:
        raise Conflict(f"This {HEADER} was already used with another request; choose a new one.")
    return Response(kept.body, kept.status, kept.headers | {"Idempotency-Replayed": "true"})


def _kept(digest: bytes, answer: Response) -> Kept:
    headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    return Kept(digest, answer.status_code, headers, answer.get_data())


def _digest(body: bytes) -> bytes:
    asked = f"{request.method} {request.full_path}\0".encode("utf-8", "surrogatepass")
    return sha256(asked + body).digest()
