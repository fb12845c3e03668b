"""What happened to an issue, in words. Entries are those of `store/activity.py`."""

import re
from dataclasses import dataclass
from typing import Any

from jentry.presentation.text import count, web_address, word

LINK = re.compile(r"https?://[^\s<>\"']+")
VIAS = {
    "api": "via API", "cli": "by command line", "mcp": "via MCP", "import": "by import",
    "commit": "by a commit",
}  # fmt: skip
SHOWN_DIGITS = 12  # of a commit
UNITS = ((7 * 24 * 60, "week"), (24 * 60, "day"), (60, "hour"), (1, "minute"))
BY_ITSELF = {
    "issue.regress": "Regressed",
    "issue.escalate": "Escalating: far more events than before",
    "issue.first_seen": "First seen",
}


@dataclass(frozen=True, slots=True)
class Act:
    """`who` did it (None: it happened by itself), `whom` it is about; `text` is a comment's."""

    who: int | None
    words: str
    whom: int | None
    code: str  # a release
    text: str
    note: str  # how it was done
    event_id: str
    at: str
    kind: str  # person, comment or event


def act(entry: dict[str, Any]) -> Act:
    kind, meta = entry["type"], entry["meta"]
    words, whom, code = _words(kind, meta, entry["user_id"])
    note = way(meta)
    if meta.get("undo"):
        note = f"{note}, undone".strip(", ") if note else "undone"
    return Act(
        who=entry["user_id"],
        words=words,
        whom=whom,
        code=code,
        text=word(meta.get("text")) if kind == "comment.create" else "",
        note=note,
        event_id=word(meta.get("eventId")),
        at=entry["created_at"],
        kind=_kind(kind, entry["user_id"]),
    )


def way(meta: dict[str, Any]) -> str:
    """How it was done, unless on a page: `via API token release-bot`, `by commit 1f2e3d`."""
    how = VIAS.get(word(meta.get("via")), "")
    details = meta.get("statusDetails") or {}
    if how == VIAS["commit"] and details.get("inCommit"):
        return f"by commit {word(details['inCommit'])[:SHOWN_DIGITS]}"
    token = word(meta.get("token"))
    return f"{how} token {token}" if how == VIAS["api"] and token else how


def _kind(kind: str, user_id: int | None) -> str:
    if kind == "comment.create":
        return "comment"
    return "event" if kind in BY_ITSELF or user_id is None else "person"


def _words(kind: str, meta: dict[str, Any], user_id: int | None) -> tuple[str, int | None, str]:
    """The verb with what follows it; a user it names; a release it names."""
    if kind in BY_ITSELF:
        release = word(meta.get("release"))
        return BY_ITSELF[kind] + (" in" if release else ""), None, release
    if kind == "comment.create":
        return "commented", None, ""
    if kind == "issue.assign":
        to = meta.get("assigneeUserId")
        if meta.get("rule"):
            return "Assigned by an ownership rule to", to, word(meta["rule"])
        return ("took this", None, "") if to == user_id else ("assigned this to", to, "")
    if kind == "issue.unassign":
        return "unassigned this", None, ""
    if kind in ("issue.merge", "issue.unmerge"):
        return _merging(kind, meta), None, ""
    if kind == "issue.split":
        if "into" in meta:
            return f"split #{word(meta['into'])} off this", None, ""
        return f"split this off #{word(meta.get('from'))}", None, ""
    if kind == "issue.regroup":
        return f"grouped its events anew, most of them from #{word(meta.get('from'))}", None, ""
    if kind == "issue.mute":
        until = word(meta.get("until"))[: len("2026-06-29T12:30")].replace("T", " ")
        return f"muted this until {until} UTC" if until else "unmuted this", None, ""
    words, code = _status(kind, meta.get("statusDetails") or {}, meta)
    return words, None, code


MOST_NUMBERS = 5


def _merging(kind: str, meta: dict[str, Any]) -> str:
    verb = "merged" if kind == "issue.merge" else "unmerged"
    if "into" in meta:
        return f"merged this into #{word(meta['into'])}"
    if "from" in meta:
        return f"unmerged this from #{word(meta['from'])}"
    ids = meta.get("merged") or meta.get("parts")
    named = [f"#{word(each)}" for each in ids] if isinstance(ids, list) else []
    more = len(named) - MOST_NUMBERS
    text = ", ".join(named[:MOST_NUMBERS]) + (f" and {more} more" if more > 0 else "")
    return f"{verb} {text}" + (" into this" if verb == "merged" else " from this")


def _status(kind: str, details: dict[str, Any], meta: dict[str, Any]) -> tuple[str, str]:
    if kind == "issue.resolve":
        if meta.get("reason") == "recovered":
            return "Resolved: the job reports in again", ""
        if details.get("inRelease"):
            return "resolved this in", word(details["inRelease"])
        if details.get("inCommit"):
            return "resolved this in the commit", word(details["inCommit"])[:SHOWN_DIGITS]
        return ("resolved this in the next release", "") if details.get("inNextRelease") else (
            "resolved this", ""
        )  # fmt: skip
    if kind == "issue.ignore":
        return f"ignored this {condition(details, word(meta.get('substatus')))}".strip(), ""
    if kind == "issue.unresolve":
        return ("Reopened: the condition was met" if meta.get("via") == "system" else
                "reopened this"), ""  # fmt: skip
    return kind.removeprefix("issue.").replace("_", " "), ""


def condition(details: dict[str, Any], substatus: str = "") -> str:
    """`for 1 day`, `until 100 more events within 1 hour`, `for ever`; '' when it is none."""
    parts = []
    if details.get("ignoreDuration"):
        parts.append(f"for {minutes(details['ignoreDuration'])}")
    for number, window, name in (
        ("ignoreCount", "ignoreWindow", "event"),
        ("ignoreUserCount", "ignoreUserWindow", "user"),
    ):
        if details.get(number):
            within = f" within {minutes(details[window])}" if details.get(window) else ""
            parts.append(f"until {count(details[number], f'more {name}')}{within}")
    if not parts and substatus == "archived_forever":
        return "for ever"
    return " or ".join(parts)


def minutes(number: int) -> str:
    """`1 week`, `36 hours`: in the largest unit that says it exactly."""
    size, name = next(unit for unit in UNITS if number % unit[0] == 0)
    return count(number // size, name)


def linked(text: str) -> list[tuple[str, str | None]]:
    """A comment as pieces of text, each with the address it links to, if any."""
    pieces: list[tuple[str, str | None]] = []
    end = 0
    for found in LINK.finditer(text):
        address = found[0].rstrip(".,;:!?)")
        if web_address(address):
            pieces += [(text[end : found.start()], None), (address, address)]
            end = found.start() + len(address)
    return [*pieces, (text[end:], None)]
