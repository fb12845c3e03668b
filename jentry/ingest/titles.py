"""What an event is called: its type, title and culprit. README: Titles."""

from typing import Any, NamedTuple

from jentry.ingest.culprit import place_of
from jentry.ingest.grouping.exception_groups import leaves
from jentry.ingest.grouping.fingerprint import rule_of
from jentry.ingest.grouping.frames import TIDY, is_message
from jentry.ingest.grouping.in_app import is_app
from jentry.ingest.grouping.parts import Event, frames, is_synthetic, message, text
from jentry.ingest.grouping.parts import exceptions as raised
from jentry.ingest.security import csp_culprit, csp_title
from jentry.ingest.summary import printable, summary
from jentry.vocabulary import EVENT_TYPES

MAX_VALUE = 100  # characters of an exception's value in a title
MAX_TITLE = 255
MAX_CULPRIT = 200
MOST_OTHERS = 20
UNLABELED = "<unlabeled event>"
UNKNOWN = "<unknown>"


class Description(NamedTuple):
    type: str
    title: str
    culprit: str
    others: tuple[str, ...] = ()  # of a group of exceptions, and its own beside a rule's


def describe(event: Event) -> Description:
    """Never raises. Type is one of EVENT_TYPES; title <= 255, culprit <= 200 characters."""
    found = _described(event)
    if title := summary(text(rule_of(event).get("title"))):
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
    title = cut(summary(message(event)), MAX_TITLE) or UNLABELED
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


def cut(value: str, limit: int) -> str:
    return value if len(value) <= limit else value[: limit - 3] + "..."


def _exception_title(exception: dict[str, Any], event: Event) -> str:
    kind = printable(text(exception.get("type")).strip())
    value = summary(text(exception.get("value")))
    if is_synthetic(exception):
        return value or summary(message(event)) or _crash_function(exception) or UNKNOWN
    value, is_whole = _without_type(kind, value)
    if not value:
        return kind or UNLABELED
    shown = cut(value, MAX_VALUE)
    return shown if is_whole else f"{kind or 'Error'}: {shown}"


def _without_type(kind: str, value: str) -> tuple[str, bool]:
    """The value without the type that it repeats, and whether it is a title of its own."""
    name = kind[max(map(kind.rfind, ".:\\#")) + 1 :]
    value = value[: 3 * MAX_VALUE]
    if not name or name not in value:
        return value, False
    is_word = name == name.capitalize()  # `Retry: Retry in 3 s`, `Error: net.Error: closed`
    while (parts := value.partition(": "))[1] and " " not in parts[0]:
        is_same = parts[0] in (kind, name) or (parts[0].endswith(f".{name}") and not is_word)
        if not is_same:
            break
        value = parts[2].strip()
    if not value.startswith((kind, name)):
        return value, False
    rest = value.removeprefix(kind if value.startswith(kind) else name)
    if not rest.strip(": "):
        return "", False
    return value, rest[0] in "([" or (rest[0] == " " and not is_word)


def _crash_function(exception: dict[str, Any]) -> str:
    found = frames(exception)
    return printable(text(found[-1].get("function"))) if found else ""


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
    if clean := TIDY.get(platform):
        trace = clean(trace)
    for frame in reversed(trace):
        if is_app(frame, platform) and (place := _place(frame, platform)):
            return place
    return _place(trace[-1], platform) if trace else ""


def _place(frame: dict[str, Any], platform: str) -> str:
    return "" if is_message(frame, platform) else place_of(frame, platform)
