"""Tables of events, as Sentry's Discover has them: rows of fields, or counts by a few of them."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from flask import g, request

from jentry.app.db import reading
from jentry.errors import BadRequest
from jentry.sentry_api import event_shapes, parameters
from jentry.sentry_api.issue_shapes import short_id
from jentry.store import event_counts, projects
from jentry.store.event_counts import Span

DATASETS = ("", "errors", "discover", "issuePlatform")
ONLY_ERRORS = "jentry keeps errors only."
DEFAULT = timedelta(days=14)
MOST_FIELDS = 30

Row = Mapping[str, Any]
Projects = Mapping[int, Row]
Value = Callable[[Row, Projects], Any]


def _error(row: Row, member: str) -> str | None:
    values = (row["exception"] or {}).get("values") if isinstance(row["exception"], dict) else None
    last = values[-1] if isinstance(values, list) and values else {}
    found = last.get(member) if isinstance(last, dict) else None
    return found if isinstance(found, str) else None


def _user(row: Row, member: str) -> str | None:
    known = event_shapes.user(row["user"]) or {}
    return known.get(member)


def _slug(row: Row, owners: Projects) -> str:
    slug: str = owners[row["project_id"]]["slug"]
    return slug


FIELDS: dict[str, Value] = {
    "id": lambda row, owners: row["id"],
    "title": lambda row, owners: row["message"],
    "message": lambda row, owners: row["message"],
    "timestamp": lambda row, owners: row["timestamp"],
    "level": lambda row, owners: row["level"],
    "event.type": lambda row, owners: row["type"],
    "project": _slug,
    "project.name": _slug,
    "project.id": lambda row, owners: row["project_id"],
    "issue": lambda row, owners: short_id(_slug(row, owners), row["issue_id"]),
    "issue.id": lambda row, owners: row["issue_id"],
    "environment": lambda row, owners: row["environment"],
    "release": lambda row, owners: row["release"],
    "dist": lambda row, owners: row["dist"],
    "transaction": lambda row, owners: row["transaction"],
    "culprit": lambda row, owners: row["culprit"],
    "platform": lambda row, owners: row["platform"],
    "trace": lambda row, owners: row["trace_id"],
    "error.type": lambda row, owners: _error(row, "type"),
    "error.value": lambda row, owners: _error(row, "value"),
    "user": lambda row, owners: _user(row, "id") or _user(row, "email"),
    "user.display": lambda row, owners: _user(row, "email") or _user(row, "id"),
    "user.id": lambda row, owners: _user(row, "id"),
    "user.email": lambda row, owners: _user(row, "email"),
    "user.username": lambda row, owners: _user(row, "username"),
    "user.ip": lambda row, owners: _user(row, "ip_address"),
    "url": lambda row, owners: (row["request"] or {}).get("url"),
    "sdk.name": lambda row, owners: (row["sdk"] or {}).get("name"),
}
GROUPED: dict[str, Value] = {
    "title": lambda row, owners: row["title"],
    "message": lambda row, owners: row["title"],
    "culprit": lambda row, owners: row["culprit"],
    "level": lambda row, owners: row["level"],
    "project": _slug,
    "project.name": _slug,
    "issue": lambda row, owners: short_id(_slug(row, owners), row["issue_id"]),
    "issue.id": lambda row, owners: row["issue_id"],
    "timestamp.to_hour": lambda row, owners: f"{row['hour']}:00:00+00:00",
    "timestamp.to_day": lambda row, owners: f"{row['hour'][:10]}T00:00:00+00:00",
}
AGGREGATES = ("count()", "last_seen()", "first_seen()", "count_unique(issue)", "max(timestamp)")
TIMES = ("timestamp", "last_seen()", "first_seen()", "max(timestamp)", *list(GROUPED)[-2:])


def require_errors() -> None:
    """Raises BadRequest for another data set."""
    if request.args.get("dataset", "") not in DATASETS:
        raise BadRequest(ONLY_ERRORS)


def fields_asked(*, grouped: bool = False) -> tuple[list[str], list[str]]:
    """Plain ones and aggregates; `grouped`: to count by even without any of these. Raises
    BadRequest for what cannot be answered.
    """
    names = list(dict.fromkeys(request.args.getlist("field")))[:MOST_FIELDS]
    plain = [name for name in names if "(" not in name]
    aggregates = [name for name in names if "(" in name]
    for name in aggregates:
        if name not in AGGREGATES:
            raise BadRequest(
                f"field: jentry cannot answer {name[:60]}: it keeps errors only. It has "
                f"{', '.join(AGGREGATES)}."
            )
    grouped = grouped or bool(aggregates)
    known = GROUPED if grouped else FIELDS
    for name in plain:
        if name not in known and (grouped or not _is_tag(name)):
            what = "count by" if grouped else "answer"
            raise BadRequest(
                f"field: jentry cannot {what} {name[:60]}. It has {', '.join(known)}"
                + ("." if grouped else " and tags[name].")
            )
    return plain or ([] if grouped else ["id", "title", "project", "timestamp"]), aggregates


def checked(name: str, error: str | None) -> dict[str, Any]:
    """What is wrong with a field, if the sentence is about it."""
    if error is not None and f" {name[:60]}" in error.split("It has")[0]:
        return {"valid": False, "error": error}
    return {"attrType": "number" if name.startswith("count") else "string"}


def _is_tag(name: str) -> bool:
    """Names of fields that are none of ours are tags, too."""
    return name.startswith("tags[") or "." not in name or name.split(".")[0] in ("browser", "os")


def row_of(event: Row, names: list[str], owners: Projects) -> dict[str, Any]:
    return {name: _value(event, name, owners) for name in names}


def _value(event: Row, name: str, owners: Projects) -> Any:
    if name in FIELDS:
        return FIELDS[name](event, owners)
    key = name.removeprefix("tags[").removesuffix("]")
    found = event["tags"].get(key)
    return None if found is None else str(found)


def meta(names: list[str]) -> dict[str, Any]:
    fields = {name: _type(name) for name in names}
    return {
        "fields": fields,
        "units": dict.fromkeys(names),
        "isMetricsData": False,
        "tips": {},
        "dataset": "errors",
    }


def _type(name: str) -> str:
    if name in TIMES:
        return "date"
    return "integer" if name.startswith("count") or name in ("issue.id", "project.id") else "string"


def counted(plain: list[str], aggregates: list[str]) -> list[dict[str, Any]]:
    """A row for each combination of the plain fields, by `sort`. Raises BadRequest."""
    by_hour = any(name.startswith("timestamp.to_") for name in plain)
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    owners = own_projects()
    for row in counts(by_hour=by_hour):
        key = tuple(GROUPED[name](row, owners) for name in plain)
        groups.setdefault(key, []).append(row)
    if not groups and not plain:
        groups[()] = []
    found = [
        dict(zip(plain, key, strict=True)) | {name: _aggregate(name, rows) for name in aggregates}
        for key, rows in groups.items()
    ]
    return sorted_rows(found)


def counts(*, by_hour: bool) -> list[dict[str, Any]]:
    """How many events each issue had in the span, as `store/event_counts` has them."""
    text, span = _counted(by_hour=by_hour)
    return event_counts.of_issues(reading(), g.actor, text, span, g.at)


def hours() -> list[tuple[str, int]]:
    """How many events there were in each hour of the span."""
    text, span = _counted(by_hour=True)
    return event_counts.over_time(reading(), g.actor, text, span, g.at)


def _counted(*, by_hour: bool) -> tuple[str, Span]:
    """The search and the span of an address. Raises BadRequest."""
    require_errors()
    since, until = parameters.span(DEFAULT)
    span = Span(since or "", until or g.at, parameters.project_ids(), by_hour)
    return parameters.searched(request.args.get("query", ""), None), span


def own_projects() -> dict[int, Row]:
    return {row["id"]: row for row in projects.list_for(reading(), g.actor)}


def _aggregate(name: str, rows: list[dict[str, Any]]) -> Any:
    if name == "count()":
        return sum(row["events"] for row in rows)
    if name == "count_unique(issue)":
        return len({row["issue_id"] for row in rows})
    member, choose = ("first_seen", min) if name == "first_seen()" else ("last_seen", max)
    return choose((row[member] for row in rows), default=None)


def sorted_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By `sort` or `orderby`, where `-count` is `-count()`."""
    wanted = request.args.get("sort") or request.args.get("orderby") or "-count()"
    name, is_down = wanted.removeprefix("-"), wanted.startswith("-")
    if name not in AGGREGATES and f"{name}()" in AGGREGATES:
        name += "()"
    name = name.replace("count_unique_issue", "count_unique(issue)")
    if rows and name not in rows[0]:
        return rows
    return sorted(rows, key=lambda row: (row[name] is not None, row[name]), reverse=is_down)
