"""What an event is called: its type, title and culprit. README: Titles."""

from typing import Any, NamedTuple

from jentry.ingest.grouping.exception_groups import leaves
from jentry.ingest.grouping.fingerprint import rule_of
from jentry.ingest.grouping.frames import BUILTIN_FILES, FAR_COLUMN, is_message
from jentry.ingest.grouping.in_app import is_app
from jentry.ingest.grouping.names import clean_function
from jentry.ingest.grouping.parts import Event, frames, is_synthetic, message, text
from jentry.ingest.grouping.parts import exceptions as raised
from jentry.ingest.security import csp_culprit, csp_title
from jentry.vocabulary import EVENT_TYPES

MAX_VALUE = 100  # characters of an exception's value in a title
MAX_TITLE = 255
MAX_CULPRIT = 200
MOST_OTHERS = 20
UNLABELED = "<unlabeled event>"
UNKNOWN = "<unknown>"
JAVASCRIPT = ("javascript", "node")
NATIVE = ("cocoa", "objc", "native")


class Description(NamedTuple):
    type: str
    title: str
    culprit: str
    others: tuple[str, ...] = ()  # of a group of exceptions, and its own beside a rule's


def describe(event: Event) -> Description:
    """Never raises. Type is one of EVENT_TYPES; title <= 255, culprit <= 200 characters."""
    found = _described(event)
    if title := first_line(text(rule_of(event).get("title"))):
        return found._replace(title=cut(title, MAX_TITLE), others=(found.title, *found.others))
    return found


def _described(event: Event) -> Description:
    exceptions = raised(event)
    kind = event.get("type")
    if kind == "csp" and isinstance(csp := event.get("csp"), dict):
        return Description("csp", cut(csp_title(csp), MAX_TITLE), csp_culprit(csp)[:MAX_CULPRIT])
    if exceptions:
        return _of_exceptions(event, exceptions)
    if kind not in EVENT_TYPES or kind == "error":
        kind = "default"
    title = cut(first_line(message(event)), MAX_TITLE) or UNLABELED
    return Description(kind, title, _culprit(event, exceptions))


def _of_exceptions(event: Event, exceptions: list[dict[str, Any]]) -> Description:
    """Of a group by the first it carries, and how many more there are."""
    carried = leaves(exceptions) if len(exceptions) > 1 else []
    if not carried:
        title = cut(_exception_title(exceptions[-1], event), MAX_TITLE)
        return Description("error", title, _culprit(event, exceptions))
    titles = [cut(_exception_title(leaf, event), MAX_TITLE) for leaf in carried]
    more = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
    others = dict.fromkeys([*titles[1:], _exception_title(exceptions[-1], event)])
    shown = tuple(cut(title, MAX_TITLE) for title in list(others)[:MOST_OTHERS])
    culprit = _culprit(event, [*exceptions, *carried[:1]])
    return Description("error", cut(titles[0], MAX_TITLE - len(more)) + more, culprit, shown)


def first_line(value: str) -> str:
    """The first line that is not blank."""
    return next((line for line in value.lstrip().splitlines() if line.strip()), "")


def cut(value: str, limit: int) -> str:
    return value if len(value) <= limit else value[: limit - 3] + "..."


def _exception_title(exception: dict[str, Any], event: Event) -> str:
    kind = text(exception.get("type")).strip()
    value = first_line(text(exception.get("value")))
    if is_synthetic(exception):
        return value or first_line(message(event)) or _crash_function(exception) or UNKNOWN
    if not value:
        return kind or UNLABELED
    return f"{kind or 'Error'}: {cut(value, MAX_VALUE)}"


def _crash_function(exception: dict[str, Any]) -> str:
    found = frames(exception)
    return text(found[-1].get("function")) if found else ""


def _culprit(event: Event, exceptions: list[dict[str, Any]]) -> str:
    """The place in the code; where it is unknown the transaction, then the address."""
    synthetic = bool(exceptions) and is_synthetic(exceptions[-1])
    request = event.get("request")
    found = (
        ("" if synthetic else _stack_culprit(event, exceptions))
        or text(event.get("transaction"))
        or text(event.get("culprit"))
        or text(request.get("url") if isinstance(request, dict) and not synthetic else None)
    )
    return found.strip()[:MAX_CULPRIT]


def _stack_culprit(event: Event, exceptions: list[dict[str, Any]]) -> str:
    trace = next(filter(None, map(frames, reversed(exceptions))), None) or frames(event)
    platform = text(event.get("platform"))
    for frame in reversed(trace):
        if text(frame.get("filename")) in BUILTIN_FILES or is_message(frame, platform):
            continue  # `Array.map` of the engine: browsers' clients call all frames the page's own
        if is_app(frame, platform) and (place := _frame_culprit(frame, event)):
            return place
    if not trace or is_message(trace[-1], platform):
        return ""
    return _frame_culprit(trace[-1], event)


def _line_of(frame: dict[str, Any]) -> str:
    """`server.js:12` names an arrow function; in minified code it would say nothing."""
    line, column = frame.get("lineno"), frame.get("colno")
    if not isinstance(line, int) or (isinstance(column, int) and column > FAR_COLUMN):
        return ""
    file = (text(frame.get("filename")) or text(frame.get("module"))).replace("\\", "/")
    return f"{file.rstrip('/').rpartition('/')[2]}:{line}"


def _frame_culprit(frame: dict[str, Any], event: Event) -> str:
    platform = text(frame.get("platform")) or text(event.get("platform"))
    function = text(frame.get("function")) or "?"
    place = text(frame.get("module")) or text(frame.get("filename"))
    if platform in NATIVE:
        return function if place or function != "?" else ""
    if not place:
        return ""
    if platform not in JAVASCRIPT:
        return f"{place} in {function}"
    return f"{function}({place})" if clean_function(platform, function) else _line_of(frame)
