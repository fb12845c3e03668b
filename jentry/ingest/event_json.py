"""The JSON of an event, read by the types and lengths of its canonical form.

What takes longest to check, frames and breadcrumbs, is checked while it is parsed, in C.
"""

import math
from typing import Annotated, Any, Literal, TypedDict

import msgspec
from msgspec import UNSET, Meta

from jentry.ingest import jsontext
from jentry.ingest.normalise import breadcrumbs, frames
from jentry.ingest.normalise.checked import Checked
from jentry.ingest.normalise.event import ATTRIBUTES
from jentry.vocabulary import LEVELS

Event = dict[str, Any]


def _text(limit: int) -> Any:
    return Annotated[str, Meta(max_length=limit)]


def _object(name: str, members: dict[str, Any]) -> Any:
    """The type of a dictionary that may have these members."""
    return TypedDict(name, members, total=False)  # type: ignore[operator]


_Whole = Annotated[int, Meta(ge=0, le=frames.LARGEST)]
_Lines: Any = Annotated[list[_text(frames.LINE)], Meta(max_length=frames.LINES)]  # type: ignore[misc]
# Members are found fastest in the order in which SDKs write them.
_FRAME: dict[str, Any] = dict.fromkeys(("filename", "abs_path", "function", "module"), str)
_FRAME |= {"lineno": _Whole, "colno": _Whole, "pre_context": _Lines, "context_line": str}
_FRAME |= {"post_context": _Lines, "vars": dict[str, Any], "in_app": bool, "data": Any}
_FRAME |= {name: _text(limit) for name, limit in frames.SHORT.items()}
_Frame = _object("_Frame", _FRAME)

_BREADCRUMB: dict[str, Any] = {"timestamp": Any, "level": Literal[LEVELS], "data": dict[str, Any]}
_BREADCRUMB |= {name: _text(limit) for name, limit in breadcrumbs.TEXTS.items()}
_BREADCRUMB |= {"ty": None}  # an old name of the type, for `normalise` to see to
_Breadcrumb = _object("_Breadcrumb", _BREADCRUMB)


class _Stacktrace(TypedDict, total=False):
    frames: list[_Frame]  # type: ignore[valid-type]


class _Traced(TypedDict, total=False):  # an exception or a thread
    type: Any
    value: Any
    module: Any
    mechanism: Any
    stacktrace: _Stacktrace | None
    thread_id: Any
    id: Any
    name: Any
    state: Any
    crashed: Any
    current: Any
    main: Any


class _Traces(TypedDict):
    values: list[_Traced]


class _Breadcrumbs(TypedDict):
    values: list[_Breadcrumb]  # type: ignore[valid-type]


_TYPES: dict[str, Any] = {
    "exception": _Traces | list[_Traced] | None,
    "threads": _Traces | list[_Traced] | None,
    "stacktrace": _Stacktrace | None,
    "breadcrumbs": _Breadcrumbs | list[_Breadcrumb] | None,  # type: ignore[valid-type]
}
_Event = msgspec.defstruct(
    "_Event",
    [(name, _TYPES.get(name, Any), UNSET) for name in ATTRIBUTES if name.isidentifier()],
    forbid_unknown_fields=True,
)


def _float(text: str) -> float:
    """msgspec itself takes 20 µs for one near the ends of what a double holds."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


_decode = msgspec.json.Decoder(_Event, float_hook=_float).decode


def read(raw: bytes) -> Event | None:
    """What `jsontext.loads` gives, without members nobody knows; what was checked is `Checked`.

    None for an event that is unusual in any way: `jsontext.loads` then reads it, or says why not.
    """
    if jsontext.has_nul(raw):
        return None
    try:
        found = msgspec.structs.asdict(_decode(raw))
    except (ValueError, RecursionError):  # no JSON of ours, or text that is no UTF-8
        return None
    event = {name: value for name, value in found.items() if value is not UNSET}
    for name in ("exception", "threads"):
        for member in _values(event.get(name)):
            if not member:  # of nothing but unknown members: worth a note
                return None
            _mark(member.get("stacktrace"), "frames")
    _mark(event.get("stacktrace"), "frames")
    if type(crumbs := event.get("breadcrumbs")) is dict:
        _mark(crumbs, "values")
    elif crumbs:
        event["breadcrumbs"] = Checked(crumbs)
    return event


def _values(holder: Any) -> list[Event]:
    found: list[Event] = holder["values"] if type(holder) is dict else holder
    return found or []


def _mark(holder: Event | None, name: str) -> None:
    if holder and name in holder:
        holder[name] = Checked(holder[name])
