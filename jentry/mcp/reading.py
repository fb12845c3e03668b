"""The tools that read."""

from typing import Any

from jentry import clock
from jentry.errors import BadRequest, NotFound
from jentry.mcp import event as shown
from jentry.mcp.fence import without_people
from jentry.mcp.session import Answer, Session
from jentry.store import (
    activity,
    event_filter,
    events,
    issue_figures,
    issue_list,
    lookup,
    projects,
    release_list,
    users,
    whereabouts,
)
from jentry.store.issue_list import Wanted
from jentry.store.paging import Key, Paging

Given = dict[str, Any]

MOST_VALUES = 3  # of each tag
PLAIN = ("id", "status", "substatus", "level", "count", "user_count", "first_seen", "last_seen")


def find_issues(session: Session, given: Given) -> Answer:
    only = session.actor.project_id
    if "project" in given:
        only = session.project(given["project"])["id"]
    wanted = Wanted(
        project_id=only,
        status=given["status"],
        is_status_given=given["status"] != "unresolved",
        search=given["search"],
        sort=given["sort"],
        limit=given["limit"],
        page=given["page"],
    )
    page = issue_list.page(session.db, session.actor, wanted, session.at)
    return Answer(
        {
            "issues": [_issue(session, row) for row in page.rows],
            "total": page.total,
            "has_more": page.last is not None,
        },
        {f"issue {row['id']}": _said(row) for row in page.rows},
    )


def get_issue(session: Session, given: Given) -> Answer:
    row = session.issue(given["issue"])
    server: dict[str, Any] = {"issue": _issue(session, row)}
    tags = issue_figures.tags(session.db, session.actor, row["id"], MOST_VALUES)
    counted = {
        tag["key"]: [f"{value['value']} ({value['count']})" for value in tag["values"]]
        for tag in tags
    }
    reported: dict[str, Any] = _said(row) | {
        "first release": row["first_release"],
        "last release": row["last_release"],
        "tags": without_people(counted),
    }
    try:
        latest = events.at_end(session.db, session.actor, row["id"], latest=True)
        server["latest_event"] = _event(latest)
        reported["latest event"] = shown.summary(latest)
    except NotFound:
        server["latest_event"] = None
    return Answer(server, reported)


def get_event(session: Session, given: Given) -> Answer:
    row = session.issue(given["issue"])
    name, db, actor = given["event"], session.db, session.actor
    if name in ("latest", "oldest"):
        found = events.at_end(db, actor, row["id"], latest=name == "latest")
    else:
        found = events.of_issue(db, actor, row["id"], _event_id(name))
    server = {
        "event": _event(found),
        "issue": _issue(session, row),
        "previous": found["previous_event_id"],
        "next": found["next_event_id"],
        "position": found["position"],
        "kept": found["retained"],
    }
    return Answer(server, shown.summary(found, given["show"]))


def list_events(session: Session, given: Given) -> Answer:
    row = session.issue(given["issue"])
    wanted = event_filter.Wanted(
        limit=given["limit"],
        after=_key(given.get("cursor", "")),
        may_end_early=True,
        search=given["search"],
    )
    page = events.page(session.db, session.actor, row["id"], wanted, session.at)
    server = {"events": [_event(found) for found in page.rows]}
    if page.last is not None:
        server["next"] = f"{page.last[0]}_{page.last[1]}"  # type: ignore[assignment]
    members = ("message", "environment", "transaction")
    said = [
        without_people({name: found[name] for name in members}) | {"release": found["release"]}
        for found in page.rows
    ]
    return Answer(server, said)


def history(session: Session, given: Given) -> Answer:
    row = session.issue(given["issue"])
    people = {user["id"]: user["email"] for user in users.list_for(session.db, session.actor)}
    wanted = Paging(limit=given["limit"])
    entries, total = activity.page(session.db, session.actor, row["id"], wanted)
    server, reported = [], {}
    for number, entry in enumerate(entries):
        meta = entry["meta"]
        one = {"entry": number, "type": entry["type"], "at": entry["created_at"],
               "by": people.get(entry["user_id"])}  # fmt: skip
        if "assigneeUserId" in meta:
            one["to"] = people.get(meta["assigneeUserId"])
        if operation := meta.get("operationId"):
            one["operation"] = operation
        server.append(one)
        if text := {name: meta[name] for name in ("text", "release") if meta.get(name)}:
            reported[f"entry {number}"] = text
    return Answer({"history": server, "total": total}, reported)


def releases(session: Session, given: Given) -> Answer:
    owner = session.project(given["project"])
    wanted = Paging(limit=given["limit"])
    page = release_list.page(session.db, session.actor, owner["id"], wanted)
    members = ("new_issues", "events", "sessions", "crash_free_rate", "first_seen", "last_seen")
    server = [
        {"release": number} | {name: row[name] for name in members if name in row}
        for number, row in enumerate(page.rows)
    ]
    said = {f"release {number}": row["release"] for number, row in enumerate(page.rows)}
    return Answer({"project": owner["slug"], "releases": server, "total": page.total}, said)


def where_is_my_event(session: Session, given: Given) -> Answer:
    event_id = _event_id(given["event"])
    found = whereabouts.find(session.db, session.actor, event_id)
    owners = {row["id"]: row for row in projects.list_for(session.db, session.actor)}
    mine = [row for row in found["events"] if row["project_id"] in owners]
    server: dict[str, Any] = {
        "found": [
            {
                "project": owners[row["project_id"]]["slug"],
                "issue": row["issue_id"],
                "received_at": row["received_at"],
            }
            for row in mine
        ]
    }
    if session.actor.project_id is None:
        server |= {name: found[name] for name in ("attachments", "user_reports")}
    if not mine:
        server["advice"] = "It has not arrived, or is no longer kept. Its project's statistics say"
        server["advice"] += " what was filtered or over a quota."
    return Answer(server, without_people([row["title"] for row in mine]))


def _issue(session: Session, row: dict[str, Any]) -> dict[str, Any]:
    """Figures and words of ours: nothing that stands in an event."""
    owner = projects.get(session.db, session.actor, row["project_id"])
    people = {user["id"]: user["email"] for user in users.list_for(session.db, session.actor)}
    return {name: row[name] for name in PLAIN} | {
        "short_id": f"{owner['slug'].upper()}-{row['id']}",
        "project": owner["slug"],
        "assignee": people.get(row["assignee_user_id"]),
        "url": f"{session.base}/projects/{row['project_id']}/issues/{row['id']}",
    }


def _said(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = without_people({"title": row["title"], "culprit": row["culprit"]})
    return found


def _event(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "timestamp", "received_at", "level")}


def _event_id(text: str) -> bytes:
    """Raises BadRequest."""
    found = lookup.event_id(text)
    if found is None:
        raise BadRequest("event: Must be 32 hexadecimal digits.")
    return found


def _key(cursor: str) -> Key | None:
    """Raises BadRequest."""
    if not cursor:
        return None
    moment, _, number = cursor.partition("_")
    try:
        if clock.timestamp(clock.parse(moment)) == moment and number.isdecimal():
            return moment, int(number[:16])
    except (ValueError, OverflowError, TypeError, AttributeError):
        pass
    raise BadRequest("cursor: Take it from `next` of the page before.")
