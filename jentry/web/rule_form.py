"""An alert rule as a form, and a form as the API takes a rule: each says all of the other."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from jentry.errors import BadRequest

SIMPLE = {
    "new_issue": "a new issue appears",
    "regressed": "a resolved issue comes back",
    "escalating": "an ignored issue escalates",
    "recovered": "a scheduled job recovers",
    "quota": "a quota drops events",
}
MINUTE, HOUR = 60, 3600
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
FIRST = {
    "condition": ["new_issue", "regressed"],
    "level": ["fatal", "error"],
    "throttle": ["30"],
}

Form = MultiDict[str, str]


def new() -> Form:
    """What most want."""
    return MultiDict(FIRST)


def of_rule(rule: Mapping[str, Any]) -> Form:
    """`rule` as `store/alert_rules.get` has it."""
    form = MultiDict({"name": rule["name"], "throttle": _shown(rule["throttle_seconds"], MINUTE)})
    for condition in rule["conditions"]:
        for name, value in _fields(condition):
            form.add(name, value)
    chosen = rule["filter"]
    for name, held in (
        ("project", rule["project_ids"]), ("channel", rule["channel_ids"]),
        ("level", chosen.get("levels")), ("assignee", chosen.get("assignee_ids")),
    ):  # fmt: skip
        form.setlist(name, [str(one) for one in held or ()])
    form["environments"] = ", ".join(chosen.get("environments") or ())
    form["releases"] = ", ".join(chosen.get("releases") or ())
    form["tags"] = "\n".join(
        f"{key} = {', '.join(patterns)}" for key, patterns in (chosen.get("tags") or {}).items()
    )
    return form


def _fields(condition: Mapping[str, Any]) -> list[tuple[str, str]]:
    kind = condition["kind"]
    if kind == "frequency":
        minutes = _shown(condition["window_seconds"], MINUTE)
        return [("events", str(condition["more_than"])), ("minutes", minutes)]
    if kind == "users":
        return [("users", str(condition["more_than"]))]
    if kind == "crash_free":
        return [
            ("below", f"{condition['below']:g}"),
            ("hours", _shown(condition["window_seconds"], HOUR)),
            ("sessions", str(condition["min_sessions"])),
        ]
    return [("condition", kind)]


def rows(form: Form, *names: str) -> list[tuple[str, ...]]:
    """Fields that stand side by side, a row for each condition, and one that is empty."""
    first, *others = (form.getlist(name) for name in names)
    usual = [DEFAULTS[name] for name in names[1:]]
    filled = [
        (text, *(held[place] if place < len(held) else usual[n] for n, held in enumerate(others)))
        for place, text in enumerate(first) if text.strip()
    ]  # fmt: skip
    return [*filled, ("", *usual)]


DEFAULTS = {"minutes": "5", "hours": "1", "sessions": "50"}


def wanted(form: Form) -> dict[str, Any]:
    """As the API takes a rule. Raises BadRequest."""
    chosen = {
        "levels": form.getlist("level"),
        "environments": form.get("environments", "").replace(",", " ").split(),
        "releases": _listed(form.get("releases", "")),
        "tags": _tags(form.get("tags", "")),
        "assigneeIds": _ids(form, "assignee"),
    }
    return {
        "name": form.get("name", ""),
        "projectIds": _ids(form, "project") or None,
        "conditions": _conditions(form),
        "filter": {name: held for name, held in chosen.items() if held},
        "channelIds": _ids(form, "channel"),
        "throttleSeconds": _seconds(form.get("throttle", ""), MINUTE, "minutes"),
    }


def _conditions(form: Form) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"kind": kind} for kind in form.getlist("condition") if kind in SIMPLE
    ]
    for events, minutes in rows(form, "events", "minutes")[:-1]:
        window = _seconds(minutes, MINUTE, "minutes")
        more_than = _whole(events, "events")
        found.append({"kind": "frequency", "moreThan": more_than, "windowSeconds": window})
    for (users,) in rows(form, "users")[:-1]:
        found.append({"kind": "users", "moreThan": _whole(users, "users")})
    for below, hours, sessions in rows(form, "below", "hours", "sessions")[:-1]:
        found.append({
            "kind": "crash_free", "below": float(_number(below, "%")),
            "windowSeconds": _seconds(hours, HOUR, "hours"),
            "minSessions": _whole(sessions, "sessions"),
        })  # fmt: skip
    return found


def _ids(form: Form, name: str) -> list[int]:
    return [int(one) for one in form.getlist(name) if one.isdecimal() and len(one) < 16]


def _listed(text: str) -> list[str]:
    return [one for part in text.split(",") if (one := part.strip())]


def _tags(text: str) -> dict[str, list[str]]:
    """`tenant = gold, silver`, a tag a line. Raises BadRequest."""
    found: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key, equals, values = line.partition("=")
        if not (equals and key.strip() and _listed(values)):
            raise BadRequest("Write a tag a line: tenant = gold, silver.")
        found.setdefault(key.strip(), []).extend(_listed(values))
    return found


def _number(text: str, of: str) -> Decimal:
    """Raises BadRequest."""
    if not NUMBER.fullmatch(text.strip()):
        raise BadRequest(f"Say how many {of} as a number.")
    return Decimal(text.strip())


def _whole(text: str, of: str) -> int:
    """Raises BadRequest."""
    if not text.strip().isdecimal():
        raise BadRequest(f"Say how many {of} as a whole number.")
    return int(_number(text, of))


def _seconds(text: str, unit: int, of: str) -> int:
    """Raises BadRequest."""
    return round(_number(text, of) * unit)


def _shown(seconds: int, unit: int) -> str:
    """As few digits as lead back to the same seconds."""
    return f"{seconds / unit:.4f}".rstrip("0").rstrip(".")
