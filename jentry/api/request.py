"""What every view of the API does first: who asks, may they, and what do they ask for."""

import logging
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import orjson
from flask import g, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from jentry import clock
from jentry.api import conditional, idempotency, limits, stream
from jentry.api.describe import Description
from jentry.app.body import MAX_API_BODY, admit, read
from jentry.app.db import ask_precondition, reading, writing
from jentry.errors import BadRequest, Forbidden, Unauthorized
from jentry.schemas.base import load
from jentry.store import connection, tokens
from jentry.store.engines.errors import Busy
from jentry.store.engines.scope import Org
from jentry.store.tokens import Grant

log = logging.getLogger(__name__)

BOM = b"\xef\xbb\xbf"

View = Callable[..., ResponseReturnValue]


def requires(scope: str) -> Callable[[View], View]:
    """Admit requests whose token has the scope, and do for all views what each could forget:
    rate limit, `If-Match`, `Idempotency-Key` and lists as lines.

    The view finds the organization and user in `g.actor`, the time of the request in `g.at`.
    Raises Unauthorized, TooManyRequests, Forbidden.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**ids: Any) -> ResponseReturnValue:
            grant = authorize(scope)
            description: Description = guarded.description  # type: ignore[attr-defined]
            return _perform(partial(view, **ids), description, grant)

        guarded.scope = scope  # type: ignore[attr-defined]
        return guarded

    return decorate


def require_scope(scope: str) -> None:
    """What is asked besides the scope of the address. Raises Forbidden."""
    if scope not in g.scopes:
        raise Forbidden(f"This needs a token with the scope {scope}.")


def query(schema: Schema) -> Any:
    """The parameters in the address, of a repeated one the first. Raises BadRequest."""
    return load(schema, request.args.to_dict() | g.get("overrides", {}))


def body(schema: Schema) -> Any:
    """The JSON object of the body, whatever its Content-Type. Raises BadRequest, TooLarge."""
    try:
        data = orjson.loads(raw_body().removeprefix(BOM))
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not valid JSON: {error}.") from None
    if not isinstance(data, dict):
        raise BadRequest("The body must be a JSON object, such as {}.")
    return load(schema, data)


def raw_body() -> bytes:
    """Raises TooLarge."""
    if "raw_body" not in g:
        g.raw_body = read(MAX_API_BODY)
    found: bytes = g.raw_body
    return found


def authorize(scope: str | None, *, confined: bool = False) -> Grant:
    """The token of the request, counted against its limit; `g.actor` and `g.at` are set.

    None: any token will do; `confined`: also one for a single project. Raises Unauthorized,
    TooManyRequests, Forbidden.
    """
    g.at = clock.timestamp(clock.now())
    grant = tokens.authenticate(reading(), _bearer_token(), g.at)
    g.actor, g.scopes = grant.actor, grant.scopes
    g.scope = Org(grant.actor.org_id)  # no call of the API writes to what organizations share
    limits.count(grant.token_id)
    _note_use(grant)
    if grant.actor.project_id is not None and not confined:
        raise Forbidden("This token is for agents and one project: it is taken at /mcp only.")
    if scope is not None:
        require_scope(scope)
    admit()
    return grant


def _perform(
    view: Callable[[], ResponseReturnValue], description: Description, grant: Grant
) -> ResponseReturnValue:
    if request.method not in ("GET", "HEAD"):
        g.charge = partial(limits.charge, grant.token_id)
    if request.method == "POST":
        if idempotency.HEADER in request.headers:
            return idempotency.once(grant.token_id, raw_body(), view, description.in_steps)
    elif request.method in conditional.CONDITIONAL:
        conditional.expect_match()
        answer = view()
        ask_precondition()  # if nothing was written
        return answer
    elif stream.is_wanted(description):
        return stream.lines(view, description.query)
    return view()


def _bearer_token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized(
            "Send an API token in the header Authorization: Bearer jto_….",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return token.strip()


def _note_use(grant: Grant) -> None:
    """At most once a minute, and never waited for: reading goes on while nothing can be written."""
    if not tokens.is_touch_due(grant, g.at):
        return
    try:
        with writing(patience=0) as (db, at):
            tokens.touch(db, grant, at)
    except Busy:
        log.debug("the use of a token is noted later token=%d", grant.token_id)
    except connection.errors(OSError):
        log.warning("the use of a token could not be noted token=%d", grant.token_id, exc_info=True)
