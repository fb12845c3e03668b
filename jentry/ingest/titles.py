"""What an event is called: its type, title and culprit. README: Titles."""

from collections.abc import Callable
from itertools import chain
from typing import Any, NamedTuple

from jentry.ingest.culprit import NATIVE, SCRIPTS, file_of, place_of
from jentry.ingest.exception_titles import (
    MAX_TITLE,
    UNLABELED,
    cut,
    exception_title,
    was_not_handled,
)
from jentry.ingest.grouping import beam, perl
from jentry.ingest.grouping.exception_groups import leaves
from jentry.ingest.grouping.faults import is_constructor
from jentry.ingest.grouping.fingerprint import rule_of
from jentry.ingest.grouping.frames import is_message
from jentry.ingest.grouping.in_app import is_app, is_library
from jentry.ingest.grouping.parts import (
    RUST,
    Event,
    crashed_thread,
    frames,
    is_synthetic,
    language,
    message,
    text,
)
from jentry.ingest.grouping.parts import exceptions as raised
from jentry.ingest.grouping.tidy import TIDY, before_panic, without_core
from jentry.ingest.main_exception import telling, without_notes
from jentry.ingest.security import csp_culprit, csp_title
from jentry.ingest.summary import printable, summary
from jentry.vocabulary import EVENT_TYPES

MAX_CULPRIT = 200
MOST_OTHERS = 20
TIDY_FOR_PEOPLE = {**TIDY, "php": without_core, RUST: before_panic}


class Description(NamedTuple):
    type: str
    title: str
    culprit: str
    others: tuple[str, ...] = ()  # of a group of exceptions, and its own beside a rule's


def describe(event: Event) -> Description:
    """Never raises. Type is one of EVENT_TYPES; title <= 255, culprit <= 200 characters."""
    found = _described(event)
    if (rule := rule_of(event)) and (title := summary(text(rule.get("title")))):
        return found._replace(title=cut(title, MAX_TITLE), others=(found.title, *found.others))
    return found


def _described(event: Event) -> Description:
    exceptions = raised(event)
    if event.get("platform") == "elixir":
        exceptions = beam.shown(event, exceptions)
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
    if len(exceptions) == 1:
        title = exception_title(exceptions[0], event)
        return Description("error", title, _culprit(event, exceptions))
    exceptions = without_notes(exceptions)
    carried = leaves(exceptions)
    if not carried:
        told = telling(exceptions)
        culprit = _culprit(event, [*exceptions, told])
        return Description("error", exception_title(told, event), culprit)
    titles = [exception_title(leaf, event) for leaf in carried]
    more = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
    others = dict.fromkeys([*titles[1:], exception_title(exceptions[-1], event)])
    culprit = _culprit(event, [*exceptions, carried[0]])
    title = cut(titles[0], MAX_TITLE - len(more)) + more
    return Description("error", title, culprit, tuple(others)[:MOST_OTHERS])


def _culprit(event: Event, exceptions: list[dict[str, Any]]) -> str:
    """The place in the code; where it is unknown the transaction, then the address."""
    last = exceptions[-1] if exceptions else {}
    has_place = not is_synthetic(last) or _is_of_crash(last, event)
    if has_place and (found := _stack_culprit(event, exceptions)):
        return found[:MAX_CULPRIT]
    request = event.get("request")
    found = (
        text(event.get("transaction")).strip()
        or text(event.get("culprit")).strip()
        or text(request.get("url") if isinstance(request, dict) and has_place else None).strip()
        or (_file(exceptions) if has_place and event.get("platform") in SCRIPTS else "")
    )
    return printable(found)[:MAX_CULPRIT]


def _is_of_crash(synthetic: dict[str, Any], event: Event) -> bool:
    """No for a trace of the SDK itself, which is all that it knows of a message."""
    platform = event.get("platform")
    return platform in NATIVE or (was_not_handled(synthetic) and platform not in SCRIPTS)


def _stack_culprit(event: Event, exceptions: list[dict[str, Any]]) -> str:
    """Of what was raised; of a cause where libraries raised it of one in the application."""
    platform = language(event)
    traces = (_raised_at(raised, platform) for raised in reversed(exceptions) if frames(raised))
    last = next(traces, None) or _trace(event, platform)
    is_thread = not last and "threads" in event
    if not last and not (is_thread and (last := crashed_thread(event))):
        return ""
    for trace in chain((last,), traces):
        if found := _own_place(trace, platform):
            return found
    if is_thread and platform != "elixir":
        return ""  # of a message: where the SDK was when it took it
    return _own_place(last, platform, _may_be_app) or _place(last[-1], platform)


def _raised_at(raised: dict[str, Any], platform: str) -> list[dict[str, Any]]:
    """Without the constructor of what was raised, which Firefox, Safari and PHP tell of."""
    trace = _trace(raised, platform)
    if len(trace) < 2:
        return trace
    maker, kind = text(trace[-1].get("function")), text(raised.get("type"))
    return trace[:-1] if is_constructor(maker, kind) else trace


def _trace(raised: dict[str, Any], platform: str) -> list[dict[str, Any]]:
    trace = frames(raised)
    if platform == "perl":
        return perl.whole_trace(text(raised.get("value")), trace)
    clean = TIDY_FOR_PEOPLE.get(platform)
    return (clean(trace) if clean else None) or trace


def _own_place(
    trace: list[dict[str, Any]],
    platform: str,
    is_own: Callable[[dict[str, Any], str], bool] = is_app,
) -> str:
    if platform == "java" and (told := [frame for frame in trace if frame.get("in_app")]):
        trace = told  # its client marks only what it was told to include
    for frame in reversed(trace):
        if is_own(frame, platform) and (place := _place(frame, platform)):
            return place
    return ""


def _may_be_app(frame: dict[str, Any], platform: str) -> bool:
    """For clients that call nothing the application's until they are told what is."""
    return not is_library(frame, platform)


def _place(frame: dict[str, Any], platform: str) -> str:
    return "" if is_message(frame, platform) else place_of(frame, platform)


def _file(exceptions: list[dict[str, Any]]) -> str:
    """Where no frame has a name: of a script without a source map."""
    trace = next(filter(None, map(frames, reversed(exceptions))), None)
    return next(filter(None, map(file_of, reversed(trace or ()))), "")
