"""Alert rules of Sentry's projects -> lines of rules here: pure.

A rule comes switched off, since both servers would tell of the same error; and only as a whole: one
that would tell more than it does there stays behind.
"""

from collections.abc import Iterator
from typing import Any

from jentry.importers import source
from jentry.importers.source import CHANGED, NO, Item, Line, Project
from jentry.vocabulary import LEVELS

OFF = "comes switched off: switch it on when you have moved"
MEMBERS = 1  # the number of the channel
CHANNEL: Line = {
    "type": "channel", "id": MEMBERS, "name": "Members by mail", "kind": "email",
    "to": ["members"], "quietHours": None, "isActive": 1,
    "createdAt": "1970-01-01T00:00:00.000Z", "updatedAt": "1970-01-01T00:00:00.000Z",
}  # fmt: skip
CONDITIONS = {
    "FirstSeenEventCondition": "new_issue",
    "NewHighPriorityIssueCondition": "new_issue",
    "RegressionEventCondition": "regressed",
    "ReappearedEventCondition": "escalating",
}
SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
DAY, MINUTE = 86_400, 60
SEVERITY = {"fatal": 50, "error": 40, "warning": 30, "info": 20, "debug": 10}
COMPARE = {
    "eq": lambda level, wanted: level == wanted,
    "gte": lambda level, wanted: level >= wanted,
    "lte": lambda level, wanted: level <= wanted,
}
LONGEST_THROTTLE = 604_800


class _NoCounterpart(Exception):
    pass


def rule(project: Project, number: int, name: str, conditions: list[Line], **members: Any) -> Line:
    at = source.timestamp(members.pop("created", None))
    return {
        "type": "rule", "id": number, "name": source.text(name) or f"Alerts of {project.slug}",
        "coversAll": 0, "conditions": conditions, "filter": members.get("filter", {}),
        "throttleSeconds": members.get("throttle", 1800), "isActive": 0, "createdAt": at,
        "updatedAt": at, "assignees": [], "projects": [project.id], "channels": [MEMBERS],
    }  # fmt: skip


def items(shown: Line, project: Project) -> Iterator[Item]:
    """With the channel that tells all members by mail."""
    name = f"{project.slug}: {source.text(shown.get('name'))}"
    try:
        line = _rule(shown, project)
    except _NoCounterpart as error:
        yield Item("rule", name, None, NO, str(error))
        return
    yield Item("", "", CHANNEL)
    yield Item("rule", name, line, CHANGED, "; ".join([OFF, *_others(shown)]))


def _rule(shown: Line, project: Project) -> Line:
    conditions = [_condition(one) for one in source.objects(shown.get("conditions"))]
    if not conditions:
        raise _NoCounterpart("it tells of every event")
    if shown.get("actionMatch") in ("all", "none") and len(conditions) > 1:
        raise _NoCounterpart("conditions of which all have to hold")
    filters = source.objects(shown.get("filters"))
    if filters and shown.get("filterMatch", "all") != "all" and (
        len(filters) > 1 or shown["filterMatch"] == "none"
    ):  # fmt: skip
        raise _NoCounterpart("filters of which not all have to hold")
    wanted: Line = {}
    for one in filters:
        _narrow(wanted, one)
    if shown.get("environment"):
        wanted["environments"] = [source.text(shown["environment"], 64)]
    throttle = min(source.number(shown.get("frequency")) * MINUTE, LONGEST_THROTTLE)
    return rule(
        project,
        source.number(shown.get("id")),
        str(shown.get("name")),
        conditions,
        filter=wanted,
        throttle=throttle,
        created=shown.get("dateCreated"),
    )


def _condition(shown: Line) -> Line:
    kind = str(shown.get("id", "")).rpartition(".")[2]
    if kind in CONDITIONS:
        return {"kind": CONDITIONS[kind]}
    if kind != "EventFrequencyCondition" or shown.get("comparisonType", "count") != "count":
        raise _NoCounterpart(f"no such condition here: {source.text(shown.get('name') or kind)}")
    interval = str(shown.get("interval", ""))
    seconds = SECONDS.get(interval[-1:], 0) * source.number(interval[:-1])
    if not MINUTE <= seconds <= DAY:
        raise _NoCounterpart("it counts for longer than a day")
    more_than = source.number(shown.get("value"))
    return {"kind": "frequency", "more_than": more_than, "window_seconds": seconds}


def _narrow(wanted: Line, shown: Line) -> None:
    kind = str(shown.get("id", "")).rpartition(".")[2]
    match = str(shown.get("match", "eq"))
    if kind == "LevelFilter" and match in COMPARE and "levels" not in wanted:
        level = source.number(shown.get("level"))
        wanted["levels"] = [one for one in LEVELS if COMPARE[match](SEVERITY[one], level)]
    elif kind == "TaggedEventFilter" and match == "eq" and shown.get("value"):
        key = source.text(shown.get("key"), 200)
        if key in wanted.setdefault("tags", {}):
            raise _NoCounterpart("two filters on one tag")
        wanted["tags"][key] = [source.text(shown["value"], 200)]
    else:
        raise _NoCounterpart(f"no such filter here: {source.text(shown.get('name') or kind)}")


def _others(shown: Line) -> list[str]:
    """Whom it tells there besides people by mail."""
    kinds = {
        str(one.get("id", "")).rpartition(".")[2] for one in source.objects(shown.get("actions"))
    }
    others = sorted(kinds - {"NotifyEmailAction"})
    return [f"tells all members by mail, not by {', '.join(others)[:200]}"] if others else []
