"""What an address of Sentry's API asks for, as the store knows it."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from flask import g, request

from jentry import clock
from jentry.app.db import reading
from jentry.errors import BadRequest
from jentry.sentry_api import answers
from jentry.sentry_api.access import project
from jentry.store import issue_list, lookup, whereabouts
from jentry.store.issue_list import Wanted

SORTS = {
    "new": "first_seen",
    "freq": "events",
    "user": "users",
    "date": "last_seen",
    "trends": "last_seen",
    "inbox": "last_seen",
    "recommended": "last_seen",
}
SPAN = re.compile(r"([0-9]{1,6})([smhdw])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
STATE = re.compile(r"is:\S+\s*")
ALL = "-1"  # projects
LONGEST = 500  # characters of a query
Span = tuple[str | None, str | None]


def span(default: timedelta | None = None) -> Span:
    """From when, and until when: of `statsPeriod`, or `start` and `end`. Raises BadRequest."""
    if text := request.args.get("statsPeriod") or request.args.get("stats_period"):
        found = SPAN.fullmatch(text)
        if found is None:
            raise BadRequest("statsPeriod: Must be a number and a unit such as 24h or 14d.")
        return _ago(timedelta(**{UNITS[found[2]]: int(found[1])})), None
    since, until = instant("start"), instant("end")
    if since is None and until is None and default is not None:
        return _ago(default), None
    return since, until


def instant(name: str) -> str | None:
    """A time without a zone is one of UTC; a number counts seconds. Raises BadRequest."""
    text = request.args.get(name)
    if not text:
        return None
    try:
        if re.fullmatch(r"[0-9]{1,11}(?:\.[0-9]{1,9})?", text):
            return clock.timestamp(datetime.fromtimestamp(float(text), UTC))
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return clock.timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise BadRequest(f"{name}: Must be a time such as 2026-06-01T12:30:00.") from None


def _ago(length: timedelta) -> str:
    try:
        return clock.timestamp(clock.parse(g.at) - length)
    except OverflowError:
        raise BadRequest("statsPeriod: Is longer than time.") from None


def project_ids() -> list[int] | None:
    """Those of `project` and `projectSlug`; None: all. Raises NotFound."""
    names = [*request.args.getlist("project"), *request.args.getlist("projectSlug")]
    if not names or ALL in names:
        return None
    return list(dict.fromkeys(int(project(name)["id"]) for name in names[:100] if name)) or None


def issues_wanted(only: int | None = None) -> Wanted:
    """The page of issues that an address asks for; `only`: those of this project.

    Raises BadRequest, NotFound.
    """
    text = request.args.get("query")
    since, until = span()
    size = answers.limit()
    ids = [only] if only is not None else project_ids()
    return Wanted(
        project_id=ids[0] if ids and len(ids) == 1 else None,
        status="all" if text is not None and not text.strip() else "unresolved",
        search=searched(text or "", ids),
        is_status_given=False,
        since=since,
        until=until,
        sort=_sort(),
        limit=size,
        page=answers.offset() // size + 1,
    )


def searched(text: str, ids: Sequence[int] | None) -> str:
    """The query, with what an address says besides. Raises BadRequest."""
    if len(text) > LONGEST:
        raise BadRequest(f"query: It is longer than {LONGEST} characters.")
    beside = []
    if ids and len(ids) > 1:
        beside.append(f"project:[{', '.join(map(str, ids))}]")
    if places := [place for place in request.args.getlist("environment") if place]:
        beside.append(f"environment:[{', '.join(map(quoted, places[:20]))}]")
    own = f"({text})" if beside and " OR " in text else text
    return " ".join([own, *beside]).strip()


def quoted(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def issue_meant(text: str) -> int | None:
    """The issue that a query names and nothing else: by an event's id or its own short one."""
    named = STATE.sub("", text).strip()
    event_id = lookup.event_id(named)
    if event_id is not None:
        found = whereabouts.find(reading(), g.actor, event_id)["events"]
        return found[0]["issue_id"] if found else None
    return issue_id(named) if lookup.SHORT_ID.fullmatch(named) else None


def issue_id(text: str) -> int | None:
    return lookup.issue_id(reading(), g.actor, text)


def known(ids: Sequence[int]) -> list[int]:
    return issue_list.known(reading(), g.actor, ids)


def _sort() -> str:
    return SORTS.get(request.args.get("sort", "date"), "last_seen")
