"""The audit log in words: who did what, filtered, and as CSV."""

from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from flask.typing import ResponseReturnValue

from jentry.app.address import local
from jentry.app.db import reading
from jentry.presentation import audit as words
from jentry.schemas.audit import QUERY
from jentry.schemas.base import load_leniently
from jentry.store import audit_list, projects, users
from jentry.store.audit_list import Wanted
from jentry.store.paging import Page
from jentry.web import files, session
from jentry.web.guard import pages

bp = pages("audit_log", __name__)

MOST = 10_000  # entries of a CSV file
FILTERS = ("userId", "action", "since", "until")


@bp.get("/settings/audit")
def page() -> ResponseReturnValue:
    wanted, wrong = load_leniently(QUERY, _given())
    found = audit_list.page(reading(), session.actor(), wanted)
    context: dict[str, Any] = {"page": found, "wanted": wanted, "wrong": wrong, "people": _people()}
    named = _projects()
    lines = [words.line(entry, context["people"], named) for entry in found.rows]
    return render_template(
        "audit_log/page.html", lines=lines, **context, **_controls(found, wanted)
    )


@bp.get("/settings/audit.csv")
def as_csv() -> ResponseReturnValue:
    """The newest entries that fit."""
    wanted, _ = load_leniently(QUERY, _given())
    people, named = _people(), _projects()
    entries = audit_list.walk(reading(), session.actor(), wanted, MOST)
    text = words.as_csv(_row(entry, people, named) for entry in entries)
    response = files.saved(text.encode(), "audit.csv")
    response.content_type = "text/csv; charset=utf-8"
    return response


def _controls(found: Page, wanted: Wanted) -> dict[str, Any]:
    return {
        "actions": _actions(),
        "pages": max(1, -(-(found.total or 0) // wanted.limit)),
        "href": _href,
        "query": urlencode(_filters()),
        "most": MOST,
    }


def _row(entry: dict[str, Any], people: dict[int, str], named: dict[int, str]) -> dict[str, Any]:
    shown = words.line(entry, people, named)
    return entry | {
        "time": entry["created_at"],
        "who": shown.who,
        "what": shown.what,
        "via": entry["meta"].get("via", ""),
        "token": entry["meta"].get("token", ""),
    }


def _given() -> dict[str, str]:
    """Fields of the form that were left empty ask for nothing; a cursor is the API's way."""
    return {name: held for name, held in request.args.items() if held and name != "cursor"}


def _filters() -> dict[str, str]:
    return {name: held for name, held in _given().items() if name in FILTERS}


def _href(number: int) -> str:
    return local(f"{request.path}?{urlencode(_filters() | {'page': str(number)})}")


def _people() -> dict[int, str]:
    found = users.list_for(reading(), session.actor())
    return {user["id"]: user["name"] or user["email"] for user in found}


def _projects() -> dict[int, str]:
    found = projects.list_for(reading(), session.actor())
    return {project["id"]: project["name"] for project in found}


def _actions() -> list[tuple[str, list[tuple[str, str]]]]:
    """By what they are about: the action and its words."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for action in words.PHRASES:
        kind, _, verb = action.partition(".")
        groups.setdefault(kind.capitalize(), []).append((action, verb.replace("_", " ")))
    return list(groups.items())
