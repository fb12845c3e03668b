"""What belongs to one issue: events, tags, hashes, notes and what happened to it."""

from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from jentry.api.request import body
from jentry.app.db import reading, writing
from jentry.errors import NotFound
from jentry.schemas.comments import COMMENT
from jentry.sentry_api import answers, event_shapes, issue_shapes, parameters
from jentry.sentry_api.access import requires
from jentry.sentry_api.found_issues import found, issue_route, people
from jentry.sentry_api.shortened import fitted
from jentry.store import activity, comments, events, issue_figures, issues, lookup
from jentry.store.event_filter import Wanted
from jentry.store.paging import Paging

bp = Blueprint("v0_issue_parts", __name__)

LATEST = ("latest", "recommended", "helpful")
MOST_VALUES = 100  # of one tag


@issue_route(bp, "GET", "events/")
@requires("event:read")
def list_events(issue: str, name: str | None = None) -> ResponseReturnValue:
    """The newest first; `full=true` with all that they brought."""
    row = found(issue, name)
    full = request.args.get("full") in ("true", "1")
    size = answers.limit()
    wanted = Wanted(limit=size, after=answers.after(), may_end_early=True, search=_search())
    page = events.page(reading(), g.actor, row["id"], wanted, g.at)
    return answers.followed([event_shapes.event(one, full=full) for one in page.rows], page.last)


@issue_route(bp, "GET", "events/<event>/")
@requires("event:read")
def get_event(issue: str, event: str, name: str | None = None) -> ResponseReturnValue:
    """Of an id, or `latest`, `oldest`, `recommended`: the latest one."""
    row = found(issue, name)
    if event in (*LATEST, "oldest"):
        return answers.written(fitted(_at_end(row, latest=event in LATEST, full=True)))
    shown = events.of_issue(reading(), g.actor, row["id"], event_id(event))
    return answers.written(fitted(event_shapes.event(shown, full=True)))


@issue_route(bp, "GET", "tags/")
@requires("issue:read")
def list_tags(issue: str, name: str | None = None) -> ResponseReturnValue:
    known = issue_figures.tags(reading(), g.actor, found(issue, name)["id"], _number("limit", 10))
    return answers.sliced([issue_shapes.tag(row) for row in known])


@issue_route(bp, "GET", "tags/<key>/")
@requires("issue:read")
def get_tag(issue: str, key: str, name: str | None = None) -> ResponseReturnValue:
    return issue_shapes.tag(_tag(issue, key, name))


@issue_route(bp, "GET", "tags/<key>/values/")
@requires("issue:read")
def list_tag_values(issue: str, key: str, name: str | None = None) -> ResponseReturnValue:
    known = _tag(issue, key, name)
    return answers.sliced([issue_shapes.tag_value(known["key"], row) for row in known["values"]])


@issue_route(bp, "GET", "hashes/")
@requires("issue:read")
def list_hashes(issue: str, name: str | None = None) -> ResponseReturnValue:
    """Each hash that leads to the issue; the latest event is that of the issue."""
    row = issues.detail(reading(), g.actor, found(issue, name)["id"], g.at)
    shown = _at_end(row, latest=True, full=False)
    return answers.sliced([{"id": one["hash"], "latestEvent": shown} for one in row["grouping"]])


@issue_route(bp, "GET", "notes/")
@issue_route(bp, "GET", "comments/")
@requires("issue:read")
def list_notes(issue: str, name: str | None = None) -> ResponseReturnValue:
    row, size = found(issue, name), answers.limit()
    wanted = Paging(limit=size, page=answers.offset() // size + 1)
    page, authors = comments.page(reading(), g.actor, row["id"], wanted), people()
    notes = [issue_shapes.note(one, authors.get(one["user_id"])) for one in page.rows]
    return answers.listed(notes, page.last is not None, page.total)


@issue_route(bp, "POST", "notes/")
@issue_route(bp, "POST", "comments/")
@requires("issue:write")
def add_note(issue: str, name: str | None = None) -> ResponseReturnValue:
    row = found(issue, name)
    text = body(COMMENT)["text"]
    with writing() as (db, at):
        made = comments.add(db, g.actor, row["id"], text, at)
    return issue_shapes.note(made, people().get(made["user_id"])), 201


@issue_route(bp, "GET", "activities/")
@requires("issue:read")
def list_activities(issue: str, name: str | None = None) -> ResponseReturnValue:
    row, authors = found(issue, name), people()
    wanted = Paging(limit=answers.limit())
    rows, total = activity.page(reading(), g.actor, row["id"], wanted)
    numbered = zip(range(total, 0, -1), rows, strict=False)
    return {"activity": [issue_shapes.activity(n, one, authors) for n, one in numbered]}


def event_id(text: str) -> bytes:
    """Raises NotFound."""
    found = lookup.event_id(text)
    if found is None:
        raise NotFound("There is no such event, or it is no longer kept.")
    return found


def _at_end(row: dict[str, Any], *, latest: bool, full: bool) -> dict[str, Any]:
    """The latest or the oldest event of an issue, or that it is not kept any more."""
    try:
        shown = events.at_end(reading(), g.actor, row["id"], latest=latest)
    except NotFound as refusal:
        return event_shapes.gone(row, refusal.message)
    return event_shapes.event(shown, full=full)


def _tag(issue: str, key: str, name: str | None) -> dict[str, Any]:
    """Raises NotFound."""
    row = found(issue, name)
    for known in issue_figures.tags(reading(), g.actor, row["id"], MOST_VALUES):
        if known["key"] == key:
            return known
    raise NotFound(f"No event of this issue has the tag {key[:100]}.")


def _search() -> str:
    """The query among the events of an issue, with the span of time."""
    since, until = parameters.span()
    bounds = [f"timestamp:>={since}"] if since else []
    bounds += [f"timestamp:<{until}"] if until else []
    own = parameters.searched(request.args.get("query", ""), None)
    return " ".join([f"({own})" if bounds and " OR " in own else own, *bounds]).strip()


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    return max(1, min(int(text), MOST_VALUES)) if text.isdecimal() and len(text) < 9 else default
