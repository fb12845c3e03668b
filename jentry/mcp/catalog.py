"""The tools: what agents are told of them, and what they take."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jentry.errors import BadRequest
from jentry.mcp import fence, reading, writing
from jentry.mcp.event import PARTS
from jentry.mcp.session import Answer, Session
from jentry.vocabulary import SORTS, STATUSES

Run = Callable[[Session, dict[str, Any]], Answer]
Argument = dict[str, Any]


@dataclass(frozen=True)
class Tool:
    name: str
    text: str
    run: Run
    scopes: tuple[str, ...]
    arguments: Mapping[str, Argument]
    needs: tuple[str, ...] = ()  # arguments
    writes: bool = False
    hints: Mapping[str, bool] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """As `tools/list` has it."""
        return {
            "name": self.name,
            "description": self.text,
            "inputSchema": {
                "type": "object",
                "properties": dict(self.arguments),
                "required": list(self.needs),
                "additionalProperties": False,
            },
            "annotations": {
                "readOnlyHint": not self.writes,
                "destructiveHint": False,
                "idempotentHint": not self.writes,
                "openWorldHint": False,
            }
            | dict(self.hints),
        }

    def checked(self, given: object) -> dict[str, Any]:
        """The arguments, with defaults for those that are missing. Raises BadRequest."""
        if not isinstance(given, dict):
            raise BadRequest("arguments: Must be an object.")
        if not given.keys() <= self.arguments.keys():
            names = ", ".join(self.arguments)
            raise BadRequest(f"arguments: {self.name} has no others than {names}.")
        for name in self.needs:
            if name not in given:
                raise BadRequest(f"{name}: Missing.")
        found = {name: one["default"] for name, one in self.arguments.items() if "default" in one}
        return found | {name: _checked(name, self.arguments[name], given[name]) for name in given}


def _checked(name: str, about: Argument, value: Any) -> Any:
    """Raises BadRequest."""
    kind = about["type"]
    if kind == "integer":
        if type(value) is not int or not about["minimum"] <= value <= about["maximum"]:
            most = about["maximum"]
            raise BadRequest(f"{name}: Must be a whole number from {about['minimum']} to {most}.")
    elif kind == "array":
        if not isinstance(value, list):
            raise BadRequest(f"{name}: Must be a list.")
        return tuple(_checked(name, about["items"], one) for one in value[: len(PARTS)])
    elif not isinstance(value, str) or len(value) > about.get("maxLength", 100):
        raise BadRequest(
            f"{name}: Must be a text of at most {about.get('maxLength', 100)} characters."
        )
    elif "enum" in about and value not in about["enum"]:
        raise BadRequest(f"{name}: Must be one of: {', '.join(about['enum'])}.")
    return value


def _text(what: str, longest: int = 100, **more: Any) -> Argument:
    return {"type": "string", "description": what, "maxLength": longest} | more


def _number(what: str, most: int, default: int) -> Argument:
    return {
        "type": "integer", "description": what, "minimum": 1, "maximum": most, "default": default,
    }  # fmt: skip


ISSUE = _text("The issue: 42, or its short id such as SHOP-42.")
EVENT = _text("The id of an event: 32 hexadecimal digits.")
PROJECT = _text("Only of this project: its slug or id.")
CURSOR = _text("`next` of the page before.", 60)
SEARCH = "The search language of jentry: words of the title, and filters such as is:unresolved, "
SEARCH += "level:error, release:shop@1.2, file:cart.py, environment:production, last-seen:-24h."
SIZE = _number("Bytes of the answer, about; texts are cut to fit.", fence.MOST, fence.USUAL)
PARTS_ASKED = {
    "type": "array",
    "description": "What else to show of the event; variables, user, request and headers can hold "
    "personal data.",
    "items": {"type": "string", "enum": list(PARTS)},
    "default": (),
}
EXPECTED = _text("The status that you know the issue to have.", enum=list(STATUSES))

TOOLS = (
    Tool("find_issues", "Find issues: groups of events that failed alike.", reading.find_issues,
         ("issue:read",), {
             "search": _text(SEARCH, 500, default=""), "project": PROJECT,
             "status": _text("Of this status.", enum=[*STATUSES, "all"], default="unresolved"),
             "sort": _text("The order, largest or latest first.", enum=list(SORTS),
                           default="last_seen"),
             "limit": _number("Issues of a page.", 25, 10),
             "page": _number("Which page.", 1000, 1), "max_bytes": SIZE,
         }),
    Tool("get_issue", "One issue: its state, figures and tags, and its latest event, folded.",
         reading.get_issue, ("issue:read", "event:read"), {"issue": ISSUE, "max_bytes": SIZE},
         ("issue",)),
    Tool("get_event", "One event of an issue, by default the latest one.", reading.get_event,
         ("event:read",), {
             "issue": ISSUE, "event": _text("latest, oldest, or 32 hexadecimal digits.",
                                            default="latest"),
             "show": PARTS_ASKED, "max_bytes": SIZE,
         }, ("issue",)),
    Tool("list_events", "The newest events of an issue, with a search among them.",
         reading.list_events, ("event:read",), {
             "issue": ISSUE, "search": _text(SEARCH, 500, default=""),
             "limit": _number("Events of a page.", 25, 10), "cursor": CURSOR, "max_bytes": SIZE,
         }, ("issue",)),
    Tool("history", "What happened to an issue: changes, comments, regressions.", reading.history,
         ("issue:read",), {"issue": ISSUE, "limit": _number("Entries.", 50, 20), "max_bytes": SIZE},
         ("issue",)),
    Tool("releases", "The newest releases of a project: new issues, events, crash-free rate.",
         reading.releases, ("project:read",), {
             "project": _text("The project: its slug or id."),
             "limit": _number("Releases.", 25, 10), "max_bytes": SIZE,
         }, ("project",)),
    Tool("where_is_my_event", "Where an event with an id is, or whether it never arrived.",
         reading.where_is_my_event, ("event:read",), {"event": EVENT, "max_bytes": SIZE},
         ("event",)),
    Tool("set_status", "Resolve, ignore or reopen one issue. It can be undone.", writing.set_status,
         ("issue:write",), {
             "issue": ISSUE, "status": _text("The new one.", enum=list(STATUSES)),
             "expected_status": EXPECTED,
         }, ("issue", "status", "expected_status"), writes=True, hints={"idempotentHint": True}),
    Tool("assign", "Assign one issue to a member, or to nobody. It can be undone.", writing.assign,
         ("issue:write",), {
             "issue": ISSUE, "expected_status": EXPECTED,
             "to": _text("A member's email; me; nobody.", 320),
         }, ("issue", "to", "expected_status"), writes=True, hints={"idempotentHint": True}),
    Tool("comment", "Comment on one issue, for its people to read.", writing.comment,
         ("issue:write",), {
             "issue": ISSUE, "expected_status": EXPECTED, "text": _text("The comment.", 4000),
         }, ("issue", "text", "expected_status"), writes=True),
)  # fmt: skip
BY_NAME = {tool.name: tool for tool in TOOLS}


def offered(*, may_write: bool) -> list[Tool]:
    return [tool for tool in TOOLS if may_write or not tool.writes]
