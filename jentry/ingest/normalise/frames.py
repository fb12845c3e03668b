"""Stack traces: a list of frames, the oldest call first. README: Event attributes."""

from typing import Any
from urllib.parse import urlsplit

from jentry.ingest.normalise import trimming
from jentry.ingest.normalise.checked import Checked
from jentry.ingest.normalise.event_errors import INVALID, TOO_LONG, EventErrors
from jentry.ingest.normalise.text import boolean, cut, integer, json_text, text

MOST = 250  # frames of one trace
MOST_OUTERMOST = 50  # of them, when there are more: those next to the crash tell most
MOST_DETAILED = 50  # frames of one trace that keep variables and the lines around
LINE = 1024  # characters of a source line
LARGEST = 2**53  # number of a line or column
LINES = 50  # source lines before, and after
VARS_DEPTH, VARS_SIZE = 5, 2048
DATA_DEPTH, DATA_SIZE = 5, 2048

# Longest text, and by how much it may be longer before it is cut.
TEXTS: dict[str, tuple[int, int]] = {
    "function": (512, 0),
    "raw_function": (512, 0),
    "module": (256, 20),
    "filename": (256, 40),
    "abs_path": (256, 40),
    "package": (256, 40),
    "platform": (64, 0),
    "context_line": (LINE, 0),
    "instruction_addr": (64, 0),
    "symbol_addr": (64, 0),
    "image_addr": (64, 0),
    "addr_mode": (64, 0),
    "symbol": (256, 20),
    "trust": (64, 0),
}
SHORT = {name: limit + overshoot for name, (limit, overshoot) in TEXTS.items()}
NUMBERS = frozenset(("lineno", "colno"))
AROUND = frozenset(("pre_context", "post_context"))
URLS = ("http://", "https://", "file://")


def stacktrace(value: Any, name: str, errors: EventErrors) -> dict[str, Any] | None:
    """`{"frames": [...]}`; None when no usable frame is in it."""
    if value is None:
        return None
    frames = value.get("frames") if isinstance(value, dict) else None
    if not isinstance(frames, list):
        if not isinstance(value, dict) or frames is not None:
            errors.add(INVALID, name, value)
        return None
    if len(frames) > MOST:
        errors.add(TOO_LONG, f"{name}.frames", len(frames))
        frames = frames[:MOST_OUTERMOST] + frames[MOST_OUTERMOST - MOST :]
    is_checked = type(value["frames"]) is Checked
    kept = []
    for index, raw in enumerate(frames):
        if isinstance(raw, dict):
            is_done = (is_checked or _is_typed(raw)) and _is_within_bounds(raw)
            frame = raw if is_done else _frame(raw, f"{name}.frames.{index}", errors)
            _locate(frame)
            kept.append(frame)
        elif raw is not None:
            errors.add(INVALID, f"{name}.frames.{index}", raw)
    if not kept:
        return None
    if len(kept) > MOST_DETAILED:
        _slim(kept, f"{name}.frames", errors)
    return {"frames": kept}


def _is_typed(frame: dict[str, Any]) -> bool:
    """Whether all members are known and of the right types and lengths: so with most."""
    for key, value in frame.items():
        kind = type(value)
        if kind is str:
            if len(value) > SHORT.get(key, -1):
                return False
        elif kind is list:
            if key not in AROUND or not _are_lines(value):
                return False
        elif kind is int:
            if key not in NUMBERS or not 0 <= value <= LARGEST:
                return False
        elif not (kind is dict and key == "vars") and not (kind is bool and key == "in_app"):
            return False
    return True


def _is_within_bounds(frame: dict[str, Any]) -> bool:
    """Whether `_frame` would change nothing of a frame whose members have the right types."""
    variables = frame.get("vars")
    return "data" not in frame and (
        variables is None or trimming.fits(variables, VARS_DEPTH, VARS_SIZE)
    )


def _are_lines(value: list[Any]) -> bool:
    try:
        # Joining is the quickest way to see that all are text, and mostly short enough.
        is_short = len("".join(value)) <= LINE or max(map(len, value)) <= LINE
        return is_short and len(value) <= LINES
    except TypeError:
        return False


def _frame(raw: dict[str, Any], name: str, errors: EventErrors) -> dict[str, Any]:
    frame: dict[str, Any] = {}
    for key, (limit, overshoot) in TEXTS.items():
        value = raw.get(key)
        if value == "":
            frame[key] = value
        elif value is not None:
            found = text(value, f"{name}.{key}", errors, limit, overshoot, trim=False)
            frame[key] = found
    for key in NUMBERS:
        frame[key] = integer(raw.get(key), f"{name}.{key}", errors)
    frame["in_app"] = boolean(raw.get("in_app"), f"{name}.in_app", errors)
    for key in AROUND:
        frame[key] = _lines(raw.get(key), f"{name}.{key}", errors)
    frame["vars"] = _variables(raw.get("vars"), f"{name}.vars", errors)
    frame["data"] = trimming.bounded_object(
        raw.get("data"), f"{name}.data", errors, DATA_DEPTH, DATA_SIZE
    )
    return {key: value for key, value in frame.items() if value is not None}


def _lines(value: Any, name: str, errors: EventErrors) -> list[str] | None:
    """Source lines; None entries are empty lines, so that line numbers stay right."""
    if value is None:
        return None
    if not isinstance(value, list):
        errors.add(INVALID, name, value)
        return None
    if len(value) > LINES:
        errors.add(TOO_LONG, name, len(value))
    lines = ["" if line is None else json_text(line) for line in value[:LINES]]
    if any(len(line) > LINE for line in lines):
        errors.add(TOO_LONG, name)
    return [cut(line, LINE) for line in lines]


def _variables(value: Any, name: str, errors: EventErrors) -> dict[str, Any] | None:
    if isinstance(value, list):
        value = {str(index): member for index, member in enumerate(value)}
    return trimming.bounded_object(value, name, errors, VARS_DEPTH, VARS_SIZE)


def _locate(frame: dict[str, Any]) -> None:
    """Fill `filename` and `abs_path` from one another; of a URL the file name is its path.

    Browsers name a URL as the file, and nothing else.
    """
    absolute, relative = frame.get("abs_path"), frame.get("filename")
    if (path := absolute or relative) and not (absolute and relative):
        frame["abs_path"] = path
        frame["filename"] = cut(_path_of(path), TEXTS["filename"][0])


def _path_of(location: str) -> str:
    if not location.startswith(URLS):
        return location
    try:
        path = urlsplit(location).path
        return path if path.strip("/") else location
    except ValueError:
        return location


def _slim(frames: list[dict[str, Any]], name: str, errors: EventErrors) -> None:
    """Take details from the middle: from library frames first, from the application's last."""
    app = [frame for frame in frames if frame.get("in_app") is True]
    system = [frame for frame in frames if frame.get("in_app") is not True]
    for_app = min(len(app), MOST_DETAILED)
    losers = _middle(system, MOST_DETAILED - for_app) + _middle(app, for_app)
    details = [f for f in losers if "vars" in f or "pre_context" in f or "post_context" in f]
    for frame in details:
        for key in ("vars", "pre_context", "post_context"):
            frame.pop(key, None)
    if details:
        errors.add(TOO_LONG, name, f"{len(details)} frames without details")


def _middle(frames: list[dict[str, Any]], allowed: int) -> list[dict[str, Any]]:
    """All but the first and the last `allowed / 2`; of an odd number, the end gets one more."""
    head = allowed // 2
    return frames[head : len(frames) - (allowed - head)]
