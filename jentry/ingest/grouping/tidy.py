"""A stack without what the language, and whoever told of the crash, put there.

README: Grouping.
"""

import re
from collections.abc import Callable
from typing import Any

from jentry.ingest.grouping.in_app import BUILD
from jentry.ingest.grouping.parts import DART, DOTNET, NATIVE, RUST, text

Frame = dict[str, Any]

GAP = "<asynchronous suspension>"
STANDARD = re.compile(
    r"(?:std|__gnu_cxx)::|(?:_ZNK?\d{1,2})?(?:QMessageLogger|FDebug|FOutputDevice\w{0,40}?)(?:::|\d)"
    r"|(?:_Z\d{1,2})?(?:qt_assert|qt_message_|qFatal)"
)
EMITTED = "lambda_"
PANICKING = re.compile(
    rf"core{BUILD}::panicking::|std{BUILD}::panicking::(?:begin_|rust_)?panic"
    rf"|<?core{BUILD}::(?:option|result)::[^{{}}]{{0,80}}(?:\b|_)(?:unwrap|expect)(?:_failed|_err)?(?:::|$)"
)
PANICKING_CRATES = ("core", "std", "<core")


def _before_recovery(frames: list[Frame]) -> list[Frame]:
    """Without the deferred function that recovered from a panic: it ran, but did not crash."""
    for index in range(len(frames) - 1, -1, -1):
        if text(frames[index].get("module")) == "runtime" and "anic" in text(
            frames[index].get("function")
        ):
            frames = frames[:index]
            break
    if len(frames) < 2:
        return frames
    outer, dot, _ = text(frames[-1].get("function")).rpartition(".")
    if dot and any(text(f.get("function")) == outer for f in frames[:-1]):
        return frames[:-1]
    return frames


def before_panic(frames: list[Frame]) -> list[Frame]:
    """Without how Rust, and whoever tells of it, goes on after a panic."""
    names = (text(frame.get("function")) for frame in frames)
    started = (
        i
        for i, name in enumerate(names)
        if name.startswith(PANICKING_CRATES) and PANICKING.match(name)
    )
    return frames[: next(started, len(frames))] or frames


def without_core(frames: list[Frame]) -> list[Frame]:
    """Without functions in C of Ruby and PHP, which claim to stand where they were called."""
    return [
        frame
        for frame, caller in zip(frames, [{}, *frames], strict=False)
        if frame.get("lineno") is None
        or frame.get("lineno") != caller.get("lineno")
        or frame.get("abs_path") != caller.get("abs_path")
        or frame.get("function") == caller.get("function")
    ]


def _without_standard(frames: list[Frame]) -> list[Frame]:
    """Without the templates of C++ itself, which lie in the image that uses them, and without what
    Qt and Unreal end a program with.
    """
    return [f for f in frames if not STANDARD.match(text(f.get("function")))] or frames


def _without_gaps(frames: list[Frame]) -> list[Frame]:
    """Without what some versions of Dart's SDK make of the gap between two that await."""
    return [f for f in frames if f.get("function") or f.get("abs_path") != GAP]


def _without_emitted(frames: list[Frame]) -> list[Frame]:
    """Without what .NET made while it ran, in order to call something."""
    if not any(EMITTED in (frame.get("function") or "") for frame in frames):
        return frames
    return [frame for frame in frames if not _is_emitted(frame)] or frames


def _is_emitted(frame: Frame) -> bool:
    """`lambda_method14`, `object lambda_method(Closure, object[])`: in no class."""
    name = text(frame.get("function"))
    return EMITTED in name and name.partition("(")[0].rpartition(" ")[2].startswith(EMITTED)


def is_inlined(every: list[Frame], crash: Frame) -> bool:
    """Whether the method that it crashed in was inlined into what .NET made to call it."""
    for frame in reversed(every):
        if frame is crash:
            break
        if EMITTED in (frame.get("function") or "") and _is_emitted(frame):
            return True
    return False


TIDY: dict[str, Callable[[list[Frame]], list[Frame]]] = {
    DART: _without_gaps,
    DOTNET: _without_emitted,
    "go": _before_recovery,
    "ruby": without_core,
    **dict.fromkeys(NATIVE - {RUST}, _without_standard),
}
