"""Who asks: the session of a request, the person it belongs to, and on whose behalf to act.

`actor()` is what store functions take; `guard.pages` makes sure that there is one.
"""

from dataclasses import dataclass
from typing import Any

from flask import g, request

from jentry import clock
from jentry.app.db import reading, writing
from jentry.errors import Forbidden
from jentry.store import accounts, orgs, user_sessions
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.user_sessions import Session
from jentry.web import cookies, device

COOKIE = "jentry_session"


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever is signed in. An organization has `id`, `slug`, `name`, `role`."""

    id: int
    email: str
    name: str | None
    theme: str
    time_zone: str
    has_shortcuts: bool
    has_second_factor: bool
    is_operator: bool
    organization: dict[str, Any] | None  # the one that is shown
    organizations: list[dict[str, Any]]

    def may(self, *roles: str) -> bool:
        """Whether the role in the organization shown is one of these."""
        return self.organization is not None and self.organization["role"] in roles


def person() -> Person | None:
    """None for somebody who is not signed in, or whose second factor is still to come."""
    if "person" not in g:
        found = current()
        g.person = _person(found) if found is not None and not found.is_pending else None
    known: Person | None = g.person
    return known


def required() -> Person:
    """On pages that ask for a sign-in."""
    known = person()
    if known is None:
        raise AssertionError("a page outside guard.pages asks who it is")
    return known


def actor() -> Actor:
    """Raises Forbidden for somebody who belongs to no organization."""
    known = required()
    if known.organization is None:
        raise Forbidden("You belong to no organization. Ask an owner or admin to invite you.")
    return Actor(known.organization["id"], known.id, "web")


def current() -> Session | None:
    if "session" not in g:
        given = secret()
        g.session = user_sessions.find(reading(), given, _now()) if given else None
    found: Session | None = g.session
    return found


def secret() -> str:
    return cookies.get(COOKIE)


def start(
    db: Connection, user_id: int, at: str, *, is_persistent: bool = True, is_pending: bool = False
) -> None:
    """Sign the browser in, as somebody else than it may have been until now."""
    given = user_sessions.create(
        db, user_id, at, is_persistent=is_persistent, is_pending=is_pending, **where_from()
    )
    seconds = int(user_sessions.LONGEST.total_seconds()) if is_persistent else None
    cookies.put(COOKIE, given, seconds=seconds)
    forget()


def leave() -> None:
    cookies.drop(COOKIE)
    forget()


def forget() -> None:
    """After a change: what this request knows of the session and its person is read again."""
    g.pop("session", None)
    g.pop("person", None)


def show(org_id: int) -> None:
    """From now on the browser sees this organization, to which the person belongs."""
    found = current()
    if found is None:
        raise AssertionError("an organization is shown to nobody")
    with writing() as (db, _):
        user_sessions.show_organization(db, found.id, org_id)
    chosen = next(item for item in required().organizations if item["id"] == org_id)
    g.person = _person(found, chosen["id"])


def where_from() -> dict[str, str]:
    """`device` and `address` of the request, as sessions and the audit log keep them."""
    return {
        "device": device.name(request.headers.get("User-Agent", "")),
        "address": request.remote_addr or "",
    }


def touch() -> None:
    """Note that the session is used, now and then."""
    found = current()
    if found is not None and user_sessions.is_touch_due(found, _now()):
        with writing() as (db, at):
            user_sessions.touch(db, found, at)


def _person(found: Session, org_id: int | None = None) -> Person:
    known = accounts.get(reading(), found.user_id)
    organizations = orgs.of_user(reading(), found.user_id)
    wanted = org_id or found.org_id
    shown = next((item for item in organizations if item["id"] == wanted), None)
    return Person(
        **{name: known[name] for name in accounts.SHOWN},
        organization=shown or next(iter(organizations), None),
        organizations=organizations,
    )


def _now() -> str:
    return clock.timestamp(clock.now())
