"""Who asks, and for which organization and project: what every view of `/api/0` does first."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial, wraps
from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue

from jentry.api import limits
from jentry.api.request import authorize
from jentry.app.db import reading
from jentry.errors import BadRequest, NotFound
from jentry.store import lookup, orgs

View = Callable[..., ResponseReturnValue]
READS = ("GET", "HEAD")
CLIENT = re.compile(r"[\w.@-]{1,40}(?:/[\w.+-]{1,20})?", re.ASCII)
SEARCH = "search: "


def requires(scope: str | None) -> Callable[[View], View]:
    """Admit requests whose token has the scope and, where the address names an organization,
    belongs to it. None: any token will do.

    The view finds the organization and user in `g.actor`, the time of the request in `g.at`; it
    is called with what the address names besides. Raises Unauthorized, TooManyRequests, Forbidden,
    NotFound.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(org: str | None = None, **rest: Any) -> ResponseReturnValue:
            grant = authorize(scope)
            g.grant, g.actor = grant, replace(grant.actor, client=_client())
            if org is not None:
                _require_own(org)
            if request.method not in READS:
                g.charge = partial(limits.charge, grant.token_id)
            try:
                return view(**rest)
            except BadRequest as refusal:
                raise BadRequest(_spelled(refusal.message), headers=refusal.headers) from None

        guarded.scope = scope  # type: ignore[attr-defined]
        return guarded

    return decorate


def organization() -> dict[str, Any]:
    """The one that the token belongs to: `id`, `slug`, `name`, `created_at`."""
    if "organization" not in g:
        g.organization = orgs.get(reading(), g.actor)
    found: dict[str, Any] = g.organization
    return found


def project(name: str | int) -> dict[str, Any]:
    """The project of this id or slug, as `store/projects.get` has it. Raises NotFound."""
    try:
        return lookup.project(reading(), g.actor, str(name))
    except NotFound:
        raise NotFound(f"There is no project {str(name)[:100]} in this organization.") from None


def _client() -> str | None:
    """The program that asks, as it calls itself first: `sentry-cli/3.8.0`."""
    found = CLIENT.match(request.headers.get("User-Agent", ""))
    return found[0] if found else None


def _spelled(message: str) -> str:
    """What the store calls a search is the query of this API."""
    return f"query: {message.removeprefix(SEARCH)}" if message.startswith(SEARCH) else message


def _require_own(name: str) -> None:
    own = organization()
    if name not in (own["slug"], str(own["id"])):
        raise NotFound(f"There is no organization {name[:100]} for this token.")
