"""Issues in Sentry's shapes: pure, each member true or null, ids and counts as text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from jentry import clock
from jentry.sentry_api import shapes

HOURS = 24  # of `stats`
DETAILS = {  # our member of `status_details` -> Sentry's
    "in_release": "inRelease",
    "in_next_release": "inNextRelease",
    "in_commit": "inCommit",
    "ignore_duration": "ignoreDuration",
    "ignore_until": "ignoreUntil",
    "ignore_count": "ignoreCount",
    "ignore_window": "ignoreWindow",
    "ignore_user_count": "ignoreUserCount",
    "ignore_user_window": "ignoreUserWindow",
}
ACTIVITIES = {
    "issue.resolve": "set_resolved",
    "issue.unresolve": "set_unresolved",
    "issue.ignore": "set_ignored",
    "issue.regress": "set_regression",
    "issue.escalate": "set_escalating",
    "issue.assign": "assigned",
    "issue.unassign": "unassigned",
    "issue.first_seen": "first_seen",
    "comment.create": "note",
}


@dataclass(frozen=True)
class Around:
    """What the issues of a page have beside them: each read once for all of them."""

    org: Mapping[str, Any]
    base: str  # address of the server
    at: str
    projects: Mapping[int, Mapping[str, Any]]
    people: Mapping[int, Mapping[str, Any]]
    comments: Mapping[int, int] = field(default_factory=dict)
    hours: Mapping[int, list[tuple[str, int]]] = field(default_factory=dict)
    unhandled: frozenset[int] = frozenset()


def short_id(slug: str, issue_id: int) -> str:
    """`web-app`, 42 -> `WEB-APP-42`"""
    return f"{slug.upper()}-{issue_id}"


def issue(row: Mapping[str, Any], around: Around) -> dict[str, Any]:
    """As lists have it. `row` is that of `store/issues.get`."""
    owner = around.projects[row["project_id"]]
    return {
        "id": str(row["id"]),
        "shortId": short_id(owner["slug"], row["id"]),
        "title": row["title"],
        "culprit": row["culprit"],
        "level": row["level"],
        "type": row["type"],
        "status": row["status"],
        "substatus": row["substatus"],
        "statusDetails": _status_details(row),
        "firstSeen": row["first_seen"],
        "lastSeen": row["last_seen"],
        "count": str(row["count"]),
        "userCount": row["user_count"],
        "permalink": permalink(around, row["id"]),
        "project": shapes.project_of_issue(owner),
        "platform": owner["platform"],
        "metadata": _metadata(row),
        "issueType": "error",
        "issueCategory": "error",
        "assignedTo": _assignee(around.people.get(row["assignee_user_id"])),
        "logger": None,
        "annotations": [],
        "numComments": around.comments.get(row["id"], 0),
        "isUnhandled": row["id"] in around.unhandled,
        "isPublic": False,
        "isBookmarked": False,
        "isSubscribed": False,
        "subscriptionDetails": None,
        "hasSeen": True,
        "shareId": None,
        "stats": {"24h": hourly(around.hours.get(row["id"], ()), around.at, HOURS)},
    }


def permalink(around: Around, issue_id: int) -> str:
    return f"{around.base}/organizations/{around.org['slug']}/issues/{issue_id}/"


def detail(row: Mapping[str, Any], around: Around, tags: list[dict[str, Any]]) -> dict[str, Any]:
    """As an issue's own address has it; `tags` are those of `tag`."""
    return issue(row, around) | {
        "firstRelease": _release(row["first_release"]),
        "lastRelease": _release(row["last_release"]),
        "tags": tags,
        "activity": [],
        "participants": [],
        "seenBy": [],
        "pluginIssues": [],
        "pluginActions": [],
        "userReportCount": 0,
    }


def hourly(hours: Iterable[tuple[str, int]], at: str, number: int) -> list[list[int]]:
    """`[epoch, events]` of each of the last hours, the running one included, oldest first."""
    known = dict(hours)
    now = clock.parse(at).replace(minute=0, second=0, microsecond=0)
    times = [now - timedelta(hours=number - 1 - each) for each in range(number)]
    return [[epoch(time), known.get(clock.hour(clock.timestamp(time)), 0)] for time in times]


def epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def tag(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": row["key"],
        "name": row["key"],
        "totalValues": row["total"],
        "uniqueValues": row["distinct"],
        "topValues": [tag_value(row["key"], value) for value in row["values"]],
    }


def tag_value(key: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": key,
        "name": row["value"],
        "value": row["value"],
        "count": row["count"],
        "firstSeen": None,
        "lastSeen": row["last_seen"],
    }


def note(row: Mapping[str, Any], author: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "type": "note",
        "user": author and shapes.user(author),
        "data": {"text": row["text"]},
        "dateCreated": row["created_at"],
    }


def activity(number: int, row: Mapping[str, Any], people: Mapping[int, Any]) -> dict[str, Any]:
    """An entry of `store/activity.page`; `number` is its place, as not all have ids."""
    meta, who = row["meta"], people.get(row["user_id"])
    return {
        "id": str(meta.get("commentId", number)),
        "type": ACTIVITIES.get(row["type"], row["type"].removeprefix("issue.")),
        "user": who and shapes.user(who),
        "data": _activity_data(row["type"], meta, people),
        "dateCreated": row["created_at"],
    }


def _activity_data(kind: str, meta: Mapping[str, Any], people: Mapping[int, Any]) -> dict[str, Any]:
    if kind == "comment.create":
        return {"text": meta["text"]}
    if kind == "issue.assign":
        whom = people.get(meta.get("assigneeUserId") or 0)
        name = whom and (whom["name"] or whom["email"])
        return {
            "assignee": str(meta.get("assigneeUserId")),
            "assigneeType": "user",
            "assigneeEmail": whom and whom["email"],
            "assigneeName": name,
        }
    return {"version": meta["release"]} if meta.get("release") else {}


def _metadata(row: Mapping[str, Any]) -> dict[str, str]:
    """Of an error its title, cut where its type ends."""
    title: str = row["title"]
    kind, colon, value = title.partition(": ")
    if row["type"] != "error":
        return {"title": title}
    return {"title": title, "type": kind, "value": value if colon else ""}


def _assignee(person: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if person is None:
        return None
    name = person["name"] or person["email"]
    return {"type": "user", "id": str(person["id"]), "name": name, "email": person["email"]}


def _release(version: str | None) -> dict[str, Any] | None:
    return None if version is None else {"version": version, "shortVersion": shapes.short(version)}


def _status_details(row: Mapping[str, Any]) -> dict[str, Any]:
    known = {DETAILS[name]: held for name, held in row["status_details"].items()}
    if sha := known.get("inCommit"):
        known["inCommit"] = {"id": sha, "commit": sha}
    return known
